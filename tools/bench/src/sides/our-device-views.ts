// Our other engine: views as tensor operations, here on the CPU, with what the loader does for them. Argument: OurDeviceViews
// as JSON. Prints Measured, seconds of CPU time a view.
import { startDeviceLoader } from '@simclr/augment';
import { deviceDefinitions as module } from '@simclr/augment/device';
import { loadPixels } from '@simclr/shards';
import { compile } from '@simclr/tensorflow';
import type { OurViews } from './our-views.ts';
import { peakMB } from './peak-memory.ts';

/** Images are raw pixels. */
export type OurDeviceViews = Omit<OurViews, 'encoded'>;

const { images, policy, batch, batches, passes } = JSON.parse(process.argv[2]!) as OurDeviceViews;
const source = loadPixels(images);
const loader = startDeviceLoader({ images: source, policy, seed: 1, batch, totalSteps: batches * (passes + 1) });
const graph = await compile({ module, export: 'makeViews', args: { policy, image: source.shape, batch } });
const seconds: number[] = [];
for (let pass = 0; pass <= passes; pass++) {
  const before = process.cpuUsage();
  for (let i = 0; i < batches; i++) {
    const { pixels, draws } = await loader.next(pass * batches + i);
    graph.run({ pixels, draws });
  }
  const { user, system } = process.cpuUsage(before);
  // The first warms up.
  if (pass > 0) seconds.push((user + system) / 1e6 / (2 * batch * batches));
}
await loader.close();
graph.dispose();
console.log(JSON.stringify({ seconds, rssMB: peakMB() }));
