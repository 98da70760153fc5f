// Our side of views: the loader without worker threads, so that views per second of CPU time are views per core.
// Argument: OurViews as JSON. Prints Measured, seconds of CPU time a view.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LoaderOptions, startViewLoader } from '@simclr/augment';
import { loadPixels } from '@simclr/shards';

export interface OurViews {
  /** Folder of a split of raw pixels, or of JPEG files. */
  images: string;
  encoded: boolean;
  policy: string;
  /** Pairs a batch. */
  batch: number;
  batches: number;
}

const { images, encoded, policy, batch, batches } = JSON.parse(process.argv[2]!) as OurViews;

function files(folder: string): LoaderOptions['images'] {
  const contents = readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name)));
  const bytes = Buffer.concat(contents);
  const offsets = new Float64Array(2 * contents.length);
  let at = 0;
  contents.forEach(({ length }, i) => {
    offsets[2 * i] = at;
    at += length;
    offsets[2 * i + 1] = at;
  });
  return { bytes, offsets, shape: null, rows: contents.length };
}

const source = encoded ? files(images) : loadPixels(images);
const loader = startViewLoader({ images: source, policy, seed: 1, batch, totalSteps: batches + 2, workers: 0 });
const seconds: number[] = [];
for (let step = 0; step < batches + 2; step++) {
  const before = process.cpuUsage();
  await loader.next(step);
  const { user, system } = process.cpuUsage(before);
  if (step >= 2) seconds.push((user + system) / 1e6 / (2 * batch));
}
await loader.close();
console.log(JSON.stringify({ seconds, rssMB: process.resourceUsage().maxRSS / 1024 }));
