// Our other engine: views as tensor operations, here on the CPU, with what the loader does for them. Argument: OurDeviceViews
// as JSON. Prints Measured, seconds of CPU time a view.

import { loadPixels } from '@simclr/shards';
import { compile } from '@simclr/tensorflow';
import { startDeviceLoader } from '@simclr/views';
import { deviceDefinitions as module } from '@simclr/views/device';
import type { OurViews } from './our-views.ts';
import { peakMB } from './peak-memory.ts';
import { measurePasses, stepsOf } from './view-passes.ts';

/** Images are raw pixels. */
export type OurDeviceViews = Omit<OurViews, 'encoded'>;

const { images, policy, ...passes } = JSON.parse(process.argv[2]!) as OurDeviceViews;
const { batch } = passes;
const source = loadPixels(images);
const loader = startDeviceLoader({ images: source, policy, seed: 1, batch, totalSteps: stepsOf(passes) });
const graph = await compile({ module, export: 'makeViews', args: { policy, image: source.shape, batch } });
const seconds = await measurePasses(passes, async (step) => {
  const { pixels, draws } = await loader.next(step);
  graph.run({ pixels, draws });
});
await loader.close();
graph.dispose();
console.log(JSON.stringify({ seconds, rssMB: peakMB() }));
