// Our side of tracking: one run, each point a call. Argument: OurTracking as JSON. Prints Measured.
import { start } from '@simclr/mlflow';
import { callTimes } from './call-times.ts';
import { peakMB } from './peak-memory.ts';

export interface OurTracking {
  trackingUri: string;
  /** For the journal. */
  dir: string;
  points: number;
}

const { trackingUri, dir, points } = JSON.parse(process.argv[2]!) as OurTracking;
const run = await start({ experiment: 'bench', name: 'ours', trackingUri, dir });
run.metric('warm-up', 0, 0);
const calls = new Float64Array(points);
const begun = performance.now();
for (let step = 0; step < points; step++) {
  const before = performance.now();
  run.metric('loss', 1 / (step + 1), step);
  calls[step] = performance.now() - before;
}
const { delivered } = await run.end('FINISHED', { waitMs: 300_000 });
if (!delivered) throw new Error('not delivered in five minutes');
const seconds = (performance.now() - begun) / 1000;
console.log(JSON.stringify({ seconds: [seconds], rssMB: peakMB(), points, ...callTimes(calls) }));
