// Our side of views: the loader without worker threads, so that views per second of CPU time are views per core.
// Argument: OurViews as JSON. Prints Measured, seconds of CPU time a view.
import { openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type LoaderOptions, startViewLoader } from '@simclr/augment';
import { loadPixels } from '@simclr/shards';
import { peakMB } from './peak-memory.ts';

export interface OurViews {
  /** Folder of a split of raw pixels, or of JPEG files. */
  images: string;
  encoded: boolean;
  policy: string;
  /** Pairs a batch. */
  batch: number;
  /** Of one measured pass: views differ in what they cost, passes hardly. */
  batches: number;
  passes: number;
}

const { images, encoded, policy, batch, batches, passes } = JSON.parse(process.argv[2]!) as OurViews;

function files(folder: string): LoaderOptions['images'] {
  const paths = readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
  return {
    folder,
    files: Int32Array.from(paths, (path) => openSync(path, 'r')),
    places: Float64Array.from(paths.flatMap((path, i) => [i, 0, statSync(path).size])),
    shape: null,
    rows: paths.length,
  };
}

const source = encoded ? files(images) : loadPixels(images);
const loader = startViewLoader({
  images: source,
  policy,
  seed: 1,
  batch,
  totalSteps: batches * (passes + 1),
  workers: 0,
});
const seconds: number[] = [];
for (let pass = 0; pass <= passes; pass++) {
  const before = process.cpuUsage();
  for (let i = 0; i < batches; i++) await loader.next(pass * batches + i);
  const { user, system } = process.cpuUsage(before);
  // The first warms up.
  if (pass > 0) seconds.push((user + system) / 1e6 / (2 * batch * batches));
}
await loader.close();
console.log(JSON.stringify({ seconds, rssMB: peakMB() }));
