import { UserError } from '@simclr/stage';
import type { ConfigFile } from '../definition/config-file.ts';
import type { Task } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { describeVersions, type OwnData } from '../inputs/own-data.ts';
import { describeChanges, fingerprint, type TaskInputs, taskInputs } from '../inputs/task-inputs.ts';
import { type Acceptance, readRun } from './run-record.ts';
import { damageOf } from './soundness.ts';
import { knownDigest, receiptDigest, taskFolder } from './task-folder.ts';
import { readState } from './work-state.ts';

/** A task and why it is not up to date; no reason where it is. */
export interface Planned {
  task: Task;
  reasons: string[];
  /** The last change of its code that was accepted, where its result is up to date for that. */
  accepted?: Acceptance | undefined;
}

interface PlanOptions {
  /** Ids of tasks that are to run although nothing changed. */
  forced?: ReadonlySet<string>;
  /** How many files or packages are named that changed; of none, as many as a plan has room for. */
  named?: number | undefined;
  /** Ids of tasks whose config comes to the same as that of their result. */
  sameConfig?: ReadonlySet<string>;
}

/**
 * What is out of date, in words: for the user to read before it starts. Nx decides; where it still has the result for
 * the inputs as they are now, it puts that back and nothing runs.
 *
 * @param own by task id, the user's folders that it reads
 */
export function planTasks(
  workspace: Workspace,
  config: ConfigFile,
  tasks: Task[],
  own: ReadonlyMap<string, OwnData> = new Map(),
  { forced = new Set(), named, sameConfig = new Set() }: PlanOptions = {},
): Planned[] {
  const due = new Set<string>();
  const digests = new Map(tasks.map((task) => [task.id, knownDigest(taskFolder(workspace.root, task))]));
  return tasks.map((task) => {
    const now = taskInputs(workspace, config, task, (id) => digests.get(id)!, own.get(task.id));
    const same = sameConfig.has(task.id);
    const reasons = [
      ...(forced.has(task.id) ? ['forced'] : []),
      ...whyDue(workspace.root, task, now, due, same, named),
    ];
    if (reasons.length) due.add(task.id);
    const accepted = reasons.length ? undefined : readRun(taskFolder(workspace.root, task).run)?.accepted?.at(-1);
    return { task, reasons, accepted };
  });
}

/**
 * Groups of tasks that are due together: items of one stage that wait for the same, as far as a plan can tell, so that a
 * scheduler may have them as one job.
 */
export function dueTogether(plan: readonly Planned[]): string[][] {
  const due = plan.filter(({ reasons }) => reasons.length).map(({ task }) => task);
  const ids = new Set(due.map(({ id }) => id));
  const groups = Map.groupBy(due, ({ stage, needs }) =>
    [stage, ...needs.map(({ id }) => id).filter((id) => ids.has(id))].join(' '),
  );
  return [...groups.values()].map((tasks) => tasks.map(({ id }) => id)).filter((group) => group.length > 1);
}

/** How the reason begins of a task that was begun with its inputs as they are. */
export const GOES_ON = 'goes on where it was stopped';

function whyDue(
  root: string,
  task: Task,
  now: TaskInputs,
  due: Set<string>,
  sameConfig: boolean,
  named?: number,
): string[] {
  const folder = taskFolder(root, task);
  const upstream = task.needs
    .filter((need) => due.has(need.id))
    .map((need) => need.id)
    .join(', ');
  if (readState(folder)?.fingerprint === fingerprint(now)) {
    return [`${GOES_ON}${upstream && `, if ${upstream} gives the same data`}`];
  }
  const last = readRun(folder.run);
  if (!last || !receiptDigest(folder)) return ['has no result yet'];
  const damage = damageOf(folder).slice(0, named ?? 1);
  if (damage.length) return damage.map((what) => `data damaged: ${what}`);
  const describe = (before: string, after: string) => describeVersions(root, before, after);
  const before = sameConfig ? { ...last.inputs, config: now.config } : last.inputs;
  const changes = describeChanges(before, now, describe, named);
  return [...changes, ...(upstream ? [`follows ${upstream}`] : [])];
}

/** Ids of tasks that were begun though nothing changed, and stopped: they go on, whoever remembers a result of the same. */
export function forcedBefore(root: string, plan: readonly Planned[]): string[] {
  const goingOn = plan.filter(({ reasons }) => reasons[0]?.startsWith(GOES_ON));
  return goingOn
    .map(({ task }) => task)
    .filter((task) => readState(taskFolder(root, task))?.forced)
    .map(({ id }) => id);
}

/** The plan as lines: one for all that is up to date, one for each task that is not. */
export function formatPlan(plan: readonly Planned[]): string {
  const fresh = plan.filter(({ reasons }) => !reasons.length).map(({ task }) => task.id);
  const due = plan.filter(({ reasons }) => reasons.length);
  const width = Math.max(...due.map(({ task }) => task.id.length), 'up to date'.length);
  const rows = due.map(({ task, reasons }) => [task.id, reasons.join('; ')]);
  if (fresh.length) rows.unshift(['up to date', fresh.join(', ')]);
  return rows.map(([name, text]) => `  ${name!.padEnd(width)}  ${text}\n`).join('');
}

/** A line for each task that is up to date since a change of its code was accepted. */
export function formatAccepted(plan: readonly Planned[]): string {
  return plan
    .flatMap(({ task, accepted }) => {
      if (!accepted) return [];
      return [`accepted: ${task.id}: ${accepted.reason} (${accepted.by}, ${accepted.at.slice(0, 10)})\n`];
    })
    .join('');
}

/** Ids of the tasks of a stage, or of one item of its matrix. Throws UserError where there is none. */
function idsOf(tasks: Task[], stage: string): string[] {
  const found = tasks.filter((task) => task.id === stage || task.stage === stage).map((task) => task.id);
  if (found.length) return found;
  const ids = [...new Set(tasks.flatMap((task) => [task.stage, task.id]))];
  throw new UserError(`unknown stage: ${stage}. must be one of: ${ids.join(', ')}`);
}

/** Ids of the tasks of stages, or of single items of their matrices. Throws UserError for an unknown one. */
export function tasksNamed(tasks: Task[], stages: string[]): Set<string> {
  return new Set(stages.flatMap((stage) => idsOf(tasks, stage)));
}

/** @throws UserError where something else is due than what is named, or nothing is named */
export function requireNamed(pipeline: string, due: readonly Planned[], named: ReadonlySet<string>): void {
  if (!named.size) throw new UserError(`missing stage: --only. run npm run pipeline -- run ${pipeline} <stage> --only`);
  const others = due.map(({ task }) => task.id).filter((id) => !named.has(id));
  if (others.length)
    throw new UserError(
      `not up to date: ${others.join(', ')}. --only runs nothing but what is named. run npm run pipeline -- run ${pipeline} ${others.join(' ')}`,
    );
}

/** Ids of the tasks that need one of these, or one that does. */
export function followers(tasks: Task[], ids: string[]): string[] {
  const without = new Set(ids);
  for (const task of tasks) if (task.needs.some(({ id }) => without.has(id))) without.add(task.id);
  return [...without].slice(ids.length);
}

/**
 * The tasks of `stages` (each a stage, or one item of its matrix) and all that they need; every task without one.
 *
 * @throws UserError where there is no such stage
 */
export function select(tasks: Task[], stages: string[] = []): Task[] {
  if (!stages.length) return tasks;
  const wanted = tasksNamed(tasks, stages);
  for (const task of tasks.toReversed()) {
    if (wanted.has(task.id)) for (const need of task.needs) wanted.add(need.id);
  }
  return tasks.filter((task) => wanted.has(task.id));
}
