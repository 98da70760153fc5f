import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ResultRow, readAnyEncoderInfo, readDatasetInfo, readResults } from '@simclr/artifacts';
import type { DatasetEntry } from '@simclr/mlflow';
import type { Role } from '@simclr/stage';
import { givenBy } from '../definition/contract.ts';
import type { Task } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { readRun } from '../run/run-record.ts';
import { knownDigest, readJson, taskFolder } from '../run/task-folder.ts';
import type { StudyItem } from './study-items.ts';

/** What a task has published, as far as runs are compared by it. */
export interface Outcome {
  task: Task;
  gives: Role | undefined;
  /** `simclr.run_key` of the run that made it. */
  key: string;
  /** Folder of its data, and their digest. */
  data: string;
  digest: string;
  /** Journal of that run; it may be gone. */
  journal: string;
  metrics: Record<string, number>;
  /** Where it gives results. */
  rows: ResultRow[];
  /** What its encoder was pretrained on, where it gives one. */
  pretrainedOn?: string;
}

/** The outcome of a task that has a result; of data that are on the remote, what the record of the run has. */
export function readOutcome(workspace: Workspace, task: Task): Outcome | undefined {
  const folder = taskFolder(workspace.root, task);
  const record = readRun(folder.run);
  const digest = knownDigest(folder);
  if (!record || !digest) return undefined;
  const gives = givenBy(workspace, task.spec.run);
  const has = (file: string) => existsSync(join(folder.data, file));
  return {
    task,
    gives,
    key: record.key,
    data: folder.data,
    digest,
    journal: join(folder.journals, record.key),
    metrics: readJson<Record<string, number>>(folder.metrics) ?? {},
    // A dataset that is not here is passed on in place of its results.
    rows: gives === 'results' && has('results.json') ? readResults(folder.data).rows : [],
    ...(gives === 'encoder' && has('encoder.json') && { pretrainedOn: readAnyEncoderInfo(folder.data).dataset }),
  };
}

/** Pages and tables that a task made for people. */
export function pagesOf({ gives, data }: Outcome): string[] {
  if (gives !== undefined || !existsSync(data)) return [];
  return readdirSync(data).filter((file) => /\.(html|csv|md|tex)$/.test(file));
}

/** The datasets that a task wrote, as inputs of runs: where its journal is gone, or as well, since each is kept once. */
export function datasetsOf({ data }: Outcome): DatasetEntry[] {
  if (!existsSync(data)) return [];
  const folders = readdirSync(data, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name: dataset }) => {
    const { splits, homepage } = readDatasetInfo(join(data, dataset));
    return Object.entries(splits).flatMap(([split, written]): DatasetEntry[] => {
      if (!written) return [];
      const context = split === 'test' ? 'evaluation' : 'training';
      const source = homepage ?? join(data, dataset);
      return [{ name: `${dataset}/${split}`, digest: written.digest, context, source, rows: written.rows }];
    });
  });
}

/** Those of `outcomes` that are of an item's own tasks. */
export const outcomesOf = ({ tasks }: StudyItem, outcomes: readonly Outcome[]): Outcome[] =>
  outcomes.filter(({ task }) => tasks.some(({ id }) => id === task.id));

/** Those of `outcomes` that evaluate an encoder, and no other. */
export function judgedBy(encoder: Outcome, outcomes: readonly Outcome[]): Outcome[] {
  const byId = new Map(outcomes.map((outcome) => [outcome.task.id, outcome]));
  const encodersOf = ({ task }: Outcome): string[] =>
    task.needs.flatMap(({ id, role }) => {
      const needed = byId.get(id);
      return role === 'encoder' ? [id] : needed ? encodersOf(needed) : [];
    });
  const ofIt = (one: Outcome) => {
    const encoders = encodersOf(one);
    return encoders.length > 0 && encoders.every((id) => id === encoder.task.id);
  };
  return outcomes.filter((one) => one.rows.length > 0 && ofIt(one));
}
