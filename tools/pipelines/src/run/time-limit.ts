import { UserError } from '@simclr/stage';
import type { Task } from '../definition/tasks.ts';

/** What a stage is told whose time is over. */
export const timedOut = ({ id, spec: { timeout } }: Task): string =>
  `timed out: ${id}: ${timeout} s are over. run again: it goes on from its checkpoint`;

/** Stops a stage that takes longer than pipeline.yaml allows: it has failed, and goes on from its checkpoint when run again. */
export function timeLimit(task: Task, stop: () => void) {
  const { timeout } = task.spec;
  let over = false;
  const timer = setTimeout(
    () => {
      over = true;
      stop();
    },
    (timeout ?? 0) * 1000,
  );
  if (timeout === undefined) clearTimeout(timer);
  return {
    over: () => over,
    lift: () => clearTimeout(timer),
    error: new UserError(timedOut(task)),
  };
}
