import { setTimeout as sleep } from 'node:timers/promises';
import { Interrupted } from '@simclr/stage';
import type { Collective } from '../collective.ts';

const EVERY_MS = 100;

/** Whether any rank was told to stop. Every rank asks at the same point. */
export async function stopAgreed(ranks: Pick<Collective, 'allReduce'>, signal: AbortSignal): Promise<boolean> {
  const votes = Int32Array.of(signal.aborted ? 1 : 0);
  await ranks.allReduce(votes);
  return votes[0]! > 0;
}

/**
 * Waits until every rank has done a piece of work of its own, in which it meets no other.
 * @throws Interrupted, on all ranks, where one was told to stop before
 */
export async function agreed<T>(ranks: Collective, work: Promise<T>, signal: AbortSignal): Promise<T> {
  const done = work.then(() => 1);
  for (;;) {
    const votes = Int32Array.of(await Promise.race([done, sleep(EVERY_MS, 0)]), signal.aborted ? 1 : 0);
    await ranks.allReduce(votes);
    if (votes[1]! > 0) throw new Interrupted();
    if (votes[0] === ranks.size) return work;
  }
}
