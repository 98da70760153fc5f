import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { compile } from '@simclr/tensorflow';
import { afterAll, describe, expect, it } from 'vitest';
import { type LoaderOptions, startViewLoader } from '../loader.ts';
import { difference, makeImages } from '../testdata/both-engines.ts';
import { deviceDefinitions } from './definition.ts';
import { startDeviceLoader } from './loader.ts';

const shape = [12, 10, 3] as const;
const rows = 20;
const images = { data: makeImages(rows, shape), shape, rows };
const options: Omit<LoaderOptions, 'workers'> = {
  images,
  policy: 'crop(to=8)|flip|jitter(0.5)|grayscale|noise(0.02,p=0.5)',
  seed: 5,
  batch: 6,
  totalSteps: 8,
};

async function batches(steps: readonly number[], between: () => Promise<void>, share?: LoaderOptions['share']) {
  const loader = startDeviceLoader({ ...options, ...(share ? { share } : {}) });
  const made = [];
  for (const step of steps) {
    const { pixels, draws, images } = await loader.next(step);
    await between();
    // After what was made ahead.
    made.push({ pixels: pixels.slice(), draws: draws.slice(), images: images.slice() });
  }
  await loader.close();
  return made;
}
const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
const all = [0, 1, 2, 3, 4, 5, 6, 7];

describe('the device loader', () => {
  it('gives ranks their shares, which together are the batch of one process', async () => {
    const [expected, ...shares] = await Promise.all(
      [undefined, 0, 1, 2].map((rank) => batches(all, turn, rank === undefined ? undefined : { rank, ranks: 3 })),
    );
    all.forEach((step) => {
      const of = shares.map((steps) => steps[step]!);
      const whole = expected![step]!;
      expect(of.flatMap((share) => [...share.images])).toEqual([...whole.images]);
      expect(of.flatMap((share) => [...share.pixels])).toEqual([...whole.pixels]);
      const half = (draws: Float32Array, view: number) => [
        ...draws.subarray((view * draws.length) / 2, ((view + 1) * draws.length) / 2),
      ];
      for (const view of [0, 1])
        expect(of.flatMap((share) => half(share.draws, view))).toEqual(half(whole.draws, view));
    });
  });

  const cache = mkdtempSync(join(tmpdir(), 'graphs-'));
  afterAll(() => rmSync(cache, { recursive: true }));

  it('feeds what becomes the batches of the view loader, over epochs', async () => {
    const args = { policy: options.policy, image: shape, batch: options.batch };
    const graph = await compile({ module: deviceDefinitions, export: 'makeViews', args }, { cache });
    const loader = startViewLoader({ ...options, workers: 0 });
    for (const [step, { pixels, draws, images }] of (await batches(all, turn)).entries()) {
      const expected = await loader.next(step);
      expect(images).toEqual(expected.images);
      const { views } = graph.run({ pixels, draws });
      expect(difference(views!.data as Float32Array, expected.views).max).toBeLessThan(2e-6);
    }
    await loader.close();
    graph.dispose();
  });

  it('gives the same whether or not a batch was made ahead, and from any step on', async () => {
    const expected = await batches(all, turn);
    expect(await batches(all, async () => {})).toEqual(expected);
    expect(await batches([5, 6, 7], turn)).toEqual(expected.slice(5));
    expect(await batches([2, 3, 0, 1, 1], turn)).toEqual([2, 3, 0, 1, 1].map((step) => expected[step]));
  });

  it('refuses encoded images, wrong policies, and views that differ in size at once', () => {
    const encoded = { folder: '/x', files: new Int32Array(1), places: new Float64Array(3), shape: null, rows: 1 };
    expect(() => startDeviceLoader({ ...options, images: encoded })).toThrow(
      new UserError('views on the device: the images are encoded files. expected raw pixels; or let workers make them'),
    );
    for (const policy of ['nonsense', 'rotate', 'crop(to=4) / flip'])
      expect(() => startDeviceLoader({ ...options, policy })).toThrow(UserError);
  });
});
