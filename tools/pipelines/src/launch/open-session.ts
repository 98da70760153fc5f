import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '@simclr/stage';
import type { Pipeline } from '../definition/pipeline.ts';
import { requireWritable } from '../run/checkout.ts';
import { alone } from './alone.ts';
import { people } from './console.ts';
import { isScheduled } from './launcher.ts';
import { nameOf, scheduler } from './launchers.ts';
import { thisProcess } from './process-id.ts';
import {
  createSession,
  isOpen,
  readSessions,
  readStatuses,
  removeOver,
  running,
  type Session,
  type TaskStatus,
} from './session.ts';

/**
 * Opens the session of a run, of which a pipeline has one at a time: all write to the same outputs, and the second would
 * change under the first what it has found. The stages of a run that was killed are waited for while they write their
 * checkpoints.
 *
 * @param kind 'task' where Nx or DVC was called by hand: several may be open, as Nx starts tasks side by side
 * @param print takes a line where it waits
 * @throws UserError one line, where the checkout cannot be written to, and where a run of the pipeline is under way
 */
export async function openSession(
  root: string,
  pipeline: Pipeline,
  kind: Session['kind'],
  print: (line: string) => void,
): Promise<Session> {
  requireWritable(root, pipeline);
  const out = join(root, pipeline.dir, 'out');
  let told = false;
  for (;;) {
    const session = await alone(join(out, '.sessions/lock'), async () => {
      requireAlone(root, pipeline, kind);
      const [other] = await running(readSessions(out).flatMap(readStatuses).filter(wouldBeInTheWay));
      if (other) return other;
      await removeOver(out);
      return createSession(out, kind, people());
    });
    if ('dir' in session) return session;
    const { id, job } = session;
    const what = isScheduled(job) ? `goes on, and LAUNCHER=${job.scheduler} takes it up` : 'writes a checkpoint';
    if (!told) print(`waits for ${id} of a run that was ended: it ${what} (${nameOf(job)})`);
    told = true;
    await sleep(200);
  }
}

/** A job of a scheduler is not: the run takes it up again. */
const wouldBeInTheWay = ({ job }: TaskStatus): boolean => !(scheduler() && isScheduled(job));

/** Throws a one-line UserError where a run of the pipeline is under way; writes nothing. */
export function requireAlone(
  root: string,
  pipeline: Pick<Pipeline, 'name' | 'dir'>,
  kind: Session['kind'] = 'run',
): void {
  const others = readSessions(join(root, pipeline.dir, 'out'));
  const open = others.find((other) => isOpen(other) && (kind === 'run' || other.kind === 'run'));
  if (open) throw new UserError(underWay(pipeline, open));
}

function underWay({ name }: Pick<Pipeline, 'name'>, { owner, started, kind }: Session): string {
  const here = owner.host === thisProcess().host;
  const since = new Date(started).toLocaleString('sv');
  const what = kind === 'run' ? 'a run' : 'a task, called by hand,';
  const where = here ? `process ${owner.pid}` : `process ${owner.pid} on ${owner.host}`;
  const end = here
    ? `end it: kill -INT ${owner.pid}`
    : 'end it there; where that machine is gone, this one knows within five minutes';
  return `under way: ${what} of ${name}, ${where}, since ${since}. wait for it, or ${end}`;
}
