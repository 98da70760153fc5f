import type { Run } from '../definition/run.ts';
import type { Task } from '../definition/tasks.ts';
import { keepLast } from '../dvc/dvc-cache.ts';
import { print } from '../launch/console.ts';
import { openSession } from '../launch/open-session.ts';
import { currentSession, removeSession } from '../launch/session.ts';
import { onStopSignal } from '../launch/stop-signals.ts';
import { shareOfJob } from '../launch/this-copy.ts';
import { lookAtInputs } from './look.ts';
import { makeResult } from './make-result.ts';
import { adoptShare } from './run-task.ts';
import { taskFolder } from './task-folder.ts';

/**
 * Runs one task's stage in this process, without Nx: what DVC calls, which keeps the result.
 *
 * @returns the exit code: 0, 1 (failed, and said why), 75 (interrupted)
 * @throws UserError for a bad config, before anything is touched
 */
export async function execTask(run: Run, task: Task): Promise<number> {
  const { root } = run.workspace;
  keepLast(root, taskFolder(root, task));
  const share = shareOfJob(task.spec.resources);
  if (share) adoptShare(share);
  const given = currentSession();
  if (given) {
    const code = await makeResult(run, task, given, await lookAtInputs(run, task, given));
    // It is ending: who stops it twice, as the run and the task that waits for a job do, must not change how.
    onStopSignal(() => {});
    return code;
  }
  // DVC was called by hand: a session of our own tells runs of the pipeline that it is at work.
  const session = await openSession(root, run.pipeline, 'task', print);
  try {
    return await makeResult(run, task, undefined, await lookAtInputs(run, task, undefined));
  } finally {
    removeSession(session);
  }
}
