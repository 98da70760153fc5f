import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock, type Lock } from '../lock.ts';

/** Held by the process that writes a journal. */
export const WRITER_LOCK = 'writer.lock';
/** What ends a run for a process that was killed holds it for a moment. */
const PATIENCE_MS = 5000;
const REFRESH_MS = 60_000;

/** Waits a moment for the right to write the journal in `dir`. Throws where a living process has it. */
export async function becomeWriter(dir: string): Promise<{ release(): void }> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await sleep(50)) {
    const lock = await acquireLock(join(dir, WRITER_LOCK));
    if (lock) return refreshed(lock);
    if (performance.now() > deadline) throw new Error(`run is written by another process: ${dir}. wait for its end`);
  }
}

function refreshed(lock: Lock): { release(): void } {
  const timer = setInterval(() => {
    try {
      lock.refresh();
    } catch {
      clearInterval(timer); // Taken over, which takes ten minutes without a sign of life.
    }
  }, REFRESH_MS).unref();
  return {
    release() {
      clearInterval(timer);
      lock.release();
    },
  };
}
