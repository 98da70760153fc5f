// A worker thread that makes views: told of a task, it fills its part of the shared ring and says so. One task at a time.
import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '@simclr/stage';
import type { ViewSource, ViewTask } from './view-source.ts';
import { taskRunner } from './view-task.ts';

/** A task is done, or the user's data kept it from being done. */
export interface Done {
  id: number;
  mistake?: string;
}

const runTask = taskRunner(workerData as ViewSource);

async function run({ id, ...task }: ViewTask & { id: number }): Promise<void> {
  try {
    await runTask(task);
    parentPort!.postMessage({ id } satisfies Done);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    parentPort!.postMessage({ id, mistake: error.message } satisfies Done);
  }
}

let last: Promise<void> = Promise.resolve();
parentPort!.on('message', (task: ViewTask & { id: number }) => {
  last = last.then(() => run(task));
});
