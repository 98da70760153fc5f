// The process that startKeeper starts: `keep.ts DIR PID` sends the journal of DIR while process PID writes it, and after.
import { join } from 'node:path';
import { exit } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSender } from '../background.ts';
import { createClient } from '../client.ts';
import { acquireLock } from '../lock.ts';
import { processAlive } from '../processes.ts';
import { endAbandoned } from './abandoned.ts';
import { ENDED } from './keeper.ts';
import { WRITER_LOCK } from './writer.ts';

/** How long a server may be away after the run's end; from then on `simclr-mlflow sync` sends the rest. */
const GIVE_UP_MS = 10 * 60_000;
/** A server that is starting is not worth a word. */
const WARN_AFTER_MS = 5000;
/** A process's files are closed before it is gone; a large one takes its time. */
const DYING_MS = 60_000;
const STOPPING_MS = 5000;

const [dir = '', pid = ''] = process.argv.slice(2);
// The system stops: what it has to say is said within that time.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'])
  process.on(signal, () => setTimeout(exit, STOPPING_MS, 1).unref());
process.stdout.on('error', () => {}); // Nobody is there to read it any more.
const say = (line: string) => void process.stdout.write(`${line}\n`);
const renew = () => createClient(); // Reads ~/.mlflow/credentials again.
const sender = startSender(dir, renew(), { intervalMs: 1000, warnAfterMs: WARN_AFTER_MS, onWarning: say, renew });
let told = '';
process.stdin.on('data', (text) => {
  told += text;
});
process.stdin.on('error', () => {});
await new Promise((resolve) => process.stdin.on('close', resolve));
if (told !== ENDED) await endForTheDead();
process.exitCode = (await sender.stop({ flushMs: GIVE_UP_MS })) ? 0 : 1;

/** A process that was killed, or ran out of memory, cannot say so. */
async function endForTheDead(): Promise<void> {
  for (let waited = 0; processAlive(Number(pid)) && waited < DYING_MS; waited += 50) await sleep(50);
  const lock = await acquireLock(join(dir, WRITER_LOCK));
  if (!lock) return; // Another process goes on with the run.
  endAbandoned(dir);
  lock.release();
}
