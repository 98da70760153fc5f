import type { Task } from '../definition/tasks.ts';
import { isScheduled } from '../launch/launcher.ts';
import { launcher } from '../launch/launchers.ts';
import { isAlive } from '../launch/process-id.ts';
import { readStatuses, requestStop, running, type Session, stopRequested, type TaskStatus } from '../launch/session.ts';
import type { NxRun } from '../nx/nx.ts';
import { dataDigest, receiptDigest, taskFolder } from './task-folder.ts';

/** No more tasks, and stages write their checkpoints. */
export function stop(session: Session, print: (line: string) => void): void {
  if (stopRequested(session)) return;
  requestStop(session);
  // A scheduler takes seconds to answer, and the tasks know that wait for its jobs.
  const atWork = readStatuses(session).filter(
    ({ status, job }) => status === 'running' && (isScheduled(job) || isAlive(job)),
  );
  for (const { job } of atWork) void launcher.cancel(job, 'stop');
  const ids = atWork.map(({ id }) => id).join(', ');
  print(ids ? `\nstopping: ${ids} writes a checkpoint (Ctrl-C again: stop at once)` : '\nstopping');
}

/** Whether no stage is at work, and DVC has taken what those that are done have made. */
export async function nothingAtWork(root: string, tasks: Task[], statuses: TaskStatus[]): Promise<boolean> {
  const taken = statuses.every(({ id, status }) => {
    const folder = taskFolder(root, tasks.find((task) => task.id === id)!);
    return status !== 'done' || receiptDigest(folder) === dataDigest(folder);
  });
  return taken && !(await running(statuses)).length;
}

/** Everything ends at once. */
export async function end(session: Session, nx: NxRun | undefined): Promise<void> {
  for (const { job } of await running(readStatuses(session))) await launcher.cancel(job, 'kill');
  nx?.kill();
}
