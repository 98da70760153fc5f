import { Interrupted } from '@simclr/stage';

/**
 * Before the first step there is nothing to save: compiling, which takes up to minutes, is not waited for.
 * @throws Interrupted where `signal` is aborted first
 */
export function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(new Interrupted());
    signal.addEventListener('abort', () => reject(new Interrupted()), { once: true });
  });
  return Promise.race([work, stopped]);
}
