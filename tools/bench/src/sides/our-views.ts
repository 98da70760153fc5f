// Our side of views: the loader without worker threads, so that views per second of CPU time are views per core.
// Argument: OurViews as JSON. Prints Measured, seconds of CPU time a view.
import { openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadPixels } from '@simclr/shards';
import { type LoaderOptions, startViewLoader } from '@simclr/views';
import { peakMB } from './peak-memory.ts';
import { measurePasses, type Passes, stepsOf } from './view-passes.ts';

export interface OurViews extends Passes {
  /** Folder of a split of raw pixels, or of JPEG files. */
  images: string;
  encoded: boolean;
  policy: string;
}

const { images, encoded, policy, ...passes } = JSON.parse(process.argv[2]!) as OurViews;

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
  batch: passes.batch,
  totalSteps: stepsOf(passes),
  workers: 0,
});
const seconds = await measurePasses(passes, async (step) => void (await loader.next(step)));
await loader.close();
console.log(JSON.stringify({ seconds, rssMB: peakMB() }));
