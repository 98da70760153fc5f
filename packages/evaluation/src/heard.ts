import { setImmediate as turn } from 'node:timers/promises';
import type { Steps } from '@simclr/probe';

/**
 * What is computed step by step, with signals heard between the steps.
 *
 * @param tick called after each
 * @throws the signal's reason, as soon as a step is done
 */
export async function heard<T>(
  steps: Steps<T>,
  { signal, tick }: { signal?: AbortSignal | undefined; tick?: (() => void) | undefined },
): Promise<T> {
  try {
    for (;;) {
      await turn();
      signal?.throwIfAborted();
      const step = steps.next();
      if (step.done) return step.value;
      tick?.();
    }
  } finally {
    steps.return(undefined as never); // What it holds is freed, wherever it was left.
  }
}
