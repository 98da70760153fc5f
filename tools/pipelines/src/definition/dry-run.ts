import type { StagePlan } from '@simclr/stage';
import { select } from '../run/plan.ts';
import { type Expected, loadExpected } from './expected.ts';
import { loadPipeline } from './pipeline.ts';
import { loadConfig, planStages } from './stage-plans.ts';
import { expand, type Task } from './tasks.ts';
import type { Workspace } from './workspace.ts';

export interface DryRun {
  text: string;
  /** Whether every stage could run as things are. */
  runnable: boolean;
}

/**
 * What running a pipeline would come to, as text. The config of every stage is checked; stages that have a `plan` say
 * what they would do. Nothing is started or written; the files that describe the pipeline are read, and the names of
 * one's own images.
 *
 * @param stages tells of these and what they need only; of all where there is none
 * @throws UserError one line: whatever is wrong in pipeline, config or expected results
 */
export async function dryRun(workspace: Workspace, name: string, stages: string[] = []): Promise<DryRun> {
  const pipeline = loadPipeline(workspace, name);
  const all = expand(pipeline);
  const tasks = select(all, stages);
  const run = { workspace, pipeline, tasks: all };
  const config = await loadConfig(run);
  const expected = loadExpected(workspace.root, pipeline);
  const plans = await planStages(run, config);
  for (const task of all) plans.set(task.id, withNeeds(task, plans));
  const sections = tasks.map((task) => section(task, plans.get(task.id)!, expected)).filter(Boolean);
  const runnable = tasks.every(({ id }) => plans.get(id)!.missing === undefined);
  const verdict = runnable ? 'is valid' : 'is valid, and cannot run yet';
  return { text: [`${name}: ${pipeline.config} ${verdict}. nothing was started\n`, ...sections].join('\n'), runnable };
}

/** A stage cannot run where one that it needs cannot. */
function withNeeds(task: Task, plans: ReadonlyMap<string, StagePlan>): StagePlan {
  const own = plans.get(task.id)!;
  const waiting = task.needs.filter(({ id }) => plans.get(id)!.missing !== undefined).map(({ id }) => id);
  const reasons = [own.missing, waiting.length ? `needs ${waiting.join(', ')}` : undefined];
  return { ...own, missing: reasons.filter(Boolean).join('; ') || undefined };
}

function section(task: Task, { facts, missing }: StagePlan, expected: Expected[]): string {
  const rows = Object.entries(facts).map(([key, value]) => [key, format(value)]);
  for (const { stage, what, value, source } of expected) {
    if (stage === task.stage) rows.push(['expected', `${format(value)}: ${what} (${source})`]);
  }
  if (missing !== undefined) rows.push(['not runnable yet', missing]);
  if (!rows.length) return '';
  const width = Math.max(...rows.map(([key]) => key!.length));
  return `${task.id}\n${rows.map(([key, text]) => `  ${key!.padEnd(width)}  ${text}\n`).join('')}`;
}

/** Whole numbers with separators, others to four digits. */
function format(value: string | number): string {
  if (typeof value === 'string') return value;
  return value.toLocaleString('en-US', Number.isInteger(value) ? {} : { maximumSignificantDigits: 4 });
}
