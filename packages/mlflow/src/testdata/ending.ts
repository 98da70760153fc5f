// For tests: a process that logs a run and ends as it is told: `ending.ts HOW DIR`, with MLFLOW_TRACKING_URI.
import { setTimeout as sleep } from 'node:timers/promises';
import { start, withRun } from '../fluent/start.ts';

const [how, dir, more] = process.argv.slice(2) as [string, string, string?];
const options = { name: how, resume: how, dir };

function exhaust(): never {
  const all: unknown[] = [];
  for (;;) all.push(new Array(1000).fill({}));
}

async function train(): Promise<void> {
  await using run = await start(options);
  run.param('how', how);
  run.metrics({ loss: 1 }, 0);
  if (how === 'handled') process.once('SIGTERM', () => process.exit(143));
  console.log('running');
  if (how === 'throw') throw new Error('loss is NaN', { cause: new Error('lr is 100') });
  if (how.startsWith('exit-')) process.exit(Number(how.slice(5)));
  if (how === 'handled') await sleep(60_000);
  if (how === 'memory') exhaust();
  if (how === 'resumed') {
    for (let step = 1; step <= 20; step++) {
      run.metrics({ loss: 1 / (step + 1) }, step);
      if (step === 10 && more !== 'again') await sleep(60_000);
    }
  }
  if (how.startsWith('SIG')) for (;;); // Busy: no handler would run.
}

async function caught(): Promise<void> {
  await withRun(options, (run) => {
    run.metrics({ loss: 1 }, 0);
    throw new Error('told further out');
  }).catch(() => console.log('running'));
}

async function two(): Promise<void> {
  const before = await start({ dir, name: `${how} before` });
  await before.end();
  await using run = await start(options);
  await using below = await start({ dir, name: `${how} below`, parent: run });
  below.metric('loss', 1, 0);
  exhaust();
}

if (how === 'caught') await caught();
else if (how === 'memory-of-two') await two();
else await train();
