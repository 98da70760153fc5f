import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock } from '@simclr/mlflow/lock';

/** Calls `act` while no other process that names this lock file does: two that look at the same moment would find nobody. */
export async function alone<T>(file: string, act: () => T | Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    const lock = await acquireLock(file);
    if (!lock) {
      await sleep(20);
      continue;
    }
    try {
      return await act();
    } finally {
      lock.release();
    }
  }
}
