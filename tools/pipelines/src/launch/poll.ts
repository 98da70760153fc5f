import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended } from './launcher.ts';

const MAX_SAID = 64_000;
// A scheduler serves many: it is asked often only while something is about to happen.
const SOON_MS = 500;
const LATER_MS = 5000;
const SOON_FOR_MS = 60_000;

/** How a job stands, as its scheduler says. */
export interface Standing {
  /** For the user, who is told where it changes; absent where there is nothing worth it. */
  line?: string | undefined;
  /** Its exit code, as of {@link Ended}, where it has ended. */
  ended?: { code: number | undefined };
}

/**
 * Asks a scheduler how a job stands until it has ended.
 *
 * @param ask undefined where the scheduler does not answer
 * @param log where it appended what it printed
 */
export async function untilEnded(
  ask: () => Promise<Standing | undefined>,
  log: string,
  tell: (line: string) => void,
  signal?: AbortSignal,
): Promise<Ended> {
  let told: string | undefined;
  let changed = Date.now();
  while (!signal?.aborted) {
    const { line, ended } = (await ask()) ?? {};
    if (line && line !== told) {
      tell(line);
      told = line;
      changed = Date.now();
    }
    if (ended) return { ...ended, said: lastOf(log) };
    await sleep(Date.now() - changed < SOON_FOR_MS ? SOON_MS : LATER_MS, undefined, { signal }).catch(() => {});
  }
  return { code: undefined, said: lastOf(log) };
}

function lastOf(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8').slice(-MAX_SAID) : '';
}
