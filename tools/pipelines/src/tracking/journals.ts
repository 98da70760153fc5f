import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { endAbandoned } from '@simclr/mlflow';
import { pipelineNames } from '../definition/pipeline.ts';

/** Where the journal of a pipeline's parent run is. */
export function parentJournal(root: string, pipelineDir: string, key: string): string {
  return join(root, pipelineDir, 'out/.runs', key);
}

/** Every journal of the workspace, parents first, so that their children find them on the server. */
export function allJournals(root: string): string[] {
  return pipelineNames(root).flatMap((name) => pipelineJournals(root, name));
}

/** A pipeline's journals, parents first: of this run and of earlier ones, which cached results are from. */
export function pipelineJournals(root: string, pipeline: string): string[] {
  const out = join(root, 'pipelines', pipeline, 'out');
  const tasks = folders(out).flatMap((stage) => [stage, ...folders(stage)]);
  const children = tasks.flatMap((task) => folders(join(task, 'mlflow')));
  return [...folders(join(out, '.runs')), ...children].filter((dir) => existsSync(join(dir, 'journal.jsonl')));
}

/**
 * Ends the runs of a pipeline that a kill, or too little memory, left open, but those that go on; only where no process works
 * on the others.
 * A stage that is resumed opens its own again.
 */
export function endLeft(root: string, pipeline: string, goesOn: readonly string[]): void {
  for (const dir of pipelineJournals(root, pipeline)) {
    // An item's run has the parent's key before its name.
    if (!goesOn.includes(basename(dir).split('.')[0]!)) endAbandoned(dir);
  }
}

function folders(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(dir, entry.name))
    .sort();
}

/** An error of the MLflow client as a line; some name MLflow themselves. */
export function mlflowLine(error: unknown): string {
  return `mlflow: ${(error as Error).message.replace(/^mlflow:? /, '')}`;
}
