import type { ConfigFile } from '../definition/config-file.ts';
import type { Run } from '../definition/run.ts';
import type { Task } from '../definition/tasks.ts';
import type { OwnData } from '../inputs/own-data.ts';
import { taskInputs } from '../inputs/task-inputs.ts';
import { replaceCached } from '../nx/nx.ts';
import { bringData } from '../sharing/fetch-data.ts';
import { takeRecorded } from '../sharing/take-recorded.ts';
import { GOES_ON, type Planned, planTasks } from './plan.ts';
import { recordAnew } from './record-anew.ts';
import { readRun } from './run-record.ts';
import { dueByDefaults } from './same-config.ts';
import { digestsOf, taskFolder } from './task-folder.ts';

interface Known {
  config: ConfigFile;
  own: ReadonlyMap<string, OwnData>;
  /** Ids of tasks that are run anew though nothing changed. */
  forced: ReadonlySet<string>;
  plan: readonly Planned[];
}

/**
 * Takes what is known of tasks that are due, before any of them runs: results that dvc.lock records, here or on the remote, and
 * those whose config is written otherwise and comes to the same. Nx and DVC are told.
 *
 * @param print takes a line for what takes long, or may surprise
 * @returns the plan after that; the same one where there was nothing to take
 */
export async function takeKnown(
  run: Run,
  { config, forced, plan, own }: Known,
  print: (line: string) => void,
): Promise<readonly Planned[]> {
  const due = plan.filter(
    ({ task, reasons }) => reasons.length && !forced.has(task.id) && !reasons[0]!.startsWith(GOES_ON),
  );
  const ids = new Set(due.map(({ task }) => task.id));
  const taken = await takeRecorded(run, config, own, ids, print);
  for (const task of run.tasks) if (taken.includes(task.id)) replaceCached(run.workspace.root, task);
  const same = await dueByDefaults(run, config, own, due);
  for (const { task } of due) if (same.has(task.id)) await takeSame(run, config, own, task, print);
  if (!taken.length && !same.size) return plan;
  const after = planTasks(run.workspace, config, run.tasks, own, { forced });
  // One that follows a task that is due is made anew where that gives other data: then what was put back is not used.
  const stays = new Set(after.filter(({ reasons }) => !reasons.length).map(({ task }) => task.id));
  const used = taken.filter((id) => stays.has(id));
  if (used.length) print(`put back from DVC, which has them of the same inputs: ${used.join(', ')}`);
  return after;
}

/** Has a result count as made from the config as it is written now. */
async function takeSame(
  run: Run,
  config: ConfigFile,
  own: Known['own'],
  task: Task,
  print: (line: string) => void,
): Promise<void> {
  const { workspace, pipeline, tasks } = run;
  if ((await bringData(workspace.root, pipeline, [task], print)).length) return;
  const inputs = taskInputs(workspace, config, task, digestsOf(workspace.root, tasks), own.get(task.id));
  const record = readRun(taskFolder(workspace.root, task).run)!;
  if (await recordAnew(run, config, task, { ...record, inputs }))
    print(`${task.id}: its config is written otherwise, and comes to the same: the result stays`);
}
