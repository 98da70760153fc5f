import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeJson, z } from '@simclr/stage';

const holder = z.looseObject({ pid: z.int() });
const rwlock = z.strictObject({
  write: z.record(z.string(), holder).default({}),
  read: z.record(z.string(), z.array(holder)).default({}),
});
type Holder = z.infer<typeof holder>;

// DVC writes the file in place: one that runs may be half-way through.
const HALF_WRITTEN_MS = 300;

/**
 * Frees what a DVC that was killed still holds in .dvc/tmp/rwlock, where DVC by itself would refuse to run: its pid is
 * another program's by now, or the file was cut off.
 *
 * @returns whether there was anything to free
 */
export async function mendRwlock(root: string): Promise<boolean> {
  const file = join(root, '.dvc/tmp/rwlock');
  const text = read(file);
  if (text === undefined || !change(text)) return false;
  await sleep(HALF_WRITTEN_MS);
  if (read(file) !== text) return false;
  const mended = change(text)!;
  if (mended === 'not readable') rmSync(file);
  else writeJson(file, mended);
  return true;
}

/** What is to be in the file instead of this; undefined where nothing is wrong with it. */
function change(text: string): z.infer<typeof rwlock> | 'not readable' | undefined {
  const known = parsed(text);
  if (!known) return 'not readable';
  const write = Object.entries(known.write).filter(([, each]) => !isOther(each));
  const reading = Object.entries(known.read).map(
    ([path, all]) => [path, all.filter((each) => !isOther(each))] as const,
  );
  const kept = write.length + reading.flatMap(([, all]) => all).length;
  if (kept === Object.keys(known.write).length + Object.values(known.read).flat().length) return undefined;
  return { write: Object.fromEntries(write), read: Object.fromEntries(reading.filter(([, all]) => all.length)) };
}

function parsed(text: string): z.infer<typeof rwlock> | undefined {
  try {
    return rwlock.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Whether the pid is that of a program which is not DVC. One that is gone, DVC sees for itself. */
function isOther({ pid }: Holder): boolean {
  const command = read(`/proc/${pid}/cmdline`);
  return command !== undefined && !/dvc/i.test(command);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
