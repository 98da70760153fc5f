import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { endUnfinished } from '@simclr/mlflow';
import type { Run } from '../definition/run.ts';
import { launcher, nameOf } from '../launch/launchers.ts';
import { isRunning, readStatuses, type Session, stoppedAt, type TaskStatus, writeStatus } from '../launch/session.ts';
import { taskFolder } from './task-folder.ts';
import { timedOut } from './time-limit.ts';

/** A stage that was told to stop has this long to write its checkpoint. */
export const GRACE_MS = 60_000;
// A stage hears nothing while it computes: for a step of native code, some seconds. Then it ends by itself.
const DEAF_MS = 20_000;

/**
 * Ends stages that should have ended and do not: one that keeps its thread busy hears neither a signal nor its own clock.
 *
 * @param print takes a line for each
 */
export function killDeaf({ workspace: { root }, tasks }: Run, session: Session, print: (line: string) => void): void {
  for (const status of readStatuses(session).filter(isRunning)) {
    const task = tasks.find(({ id }) => id === status.id);
    const why = task && isDeaf(status, task.spec.timeout, stoppedAt(session), Date.now());
    if (!why) continue;
    launcher.cancel(status.job, 'kill');
    const folder = taskFolder(root, task);
    const end = `its stage does not hear that it is to end: killed (${nameOf(status.job)})`;
    const line = why === 'timed out' ? `${timedOut(task)}. ${end}` : end;
    endUnfinished(join(folder.journals, status.key), why === 'timed out' ? 'FAILED' : 'KILLED', line);
    const seconds = (Date.now() - status.started) / 1000;
    writeStatus(session, { ...status, seconds, status: why === 'timed out' ? 'failed' : 'interrupted' });
    appendFileSync(folder.log, `${status.id}: ${line}\n`);
    print(`${status.id}: ${line}`);
  }
}

/**
 * Whether a stage at work should have ended, and by what.
 *
 * @param timeout seconds that it may take; undefined where it has all the time
 * @param stopped when it was told to stop, ms since 1970
 */
export function isDeaf(
  { started, timedOut: knows }: Pick<TaskStatus, 'started' | 'timedOut'>,
  timeout: number | undefined,
  stopped: number | undefined,
  now: number,
): 'timed out' | 'stopped' | undefined {
  const limit = timeout === undefined ? Number.POSITIVE_INFINITY : started + timeout * 1000;
  if (now > limit + DEAF_MS + (knows ? GRACE_MS : 0)) return 'timed out';
  return stopped !== undefined && now > stopped + DEAF_MS + GRACE_MS ? 'stopped' : undefined;
}
