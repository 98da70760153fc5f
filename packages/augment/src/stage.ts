import { join } from 'node:path';
import { loadPixels, type Pixels } from '@simclr/shards';
import {
  AddressedStream,
  defineStage,
  inputFolder,
  permutation,
  UserError,
  writeFileAtomic,
  writeJson,
  z,
} from '@simclr/stage';
import { imageGrid } from './grid.ts';
import { parsePolicy, printPolicy } from './policy.ts';
import { compileViews } from './views.ts';

/** Config of the stage `augment`. */
const AugmentConfig = z.strictObject({
  /** Dataset of the stage `ingest`. */
  dataset: z.string(),
  /** View policy; the default is the paper's without blur, as for CIFAR-10 (section B.9). */
  policy: z.string().default('crop|flip|jitter(0.5)|grey'),
  /** Images in the preview, each with two views. */
  preview: z.int().min(1).max(200).default(24),
});

const PREVIEW_STREAM = 0x70726576;
const SPEED_VIEWS = 4000;

/** Fixes the view policy for the stages after it, and shows what it does. */
export default defineStage({
  name: 'augment',
  config: AugmentConfig,
  async run({ config, inputs, out, log, seed }) {
    const policy = printPolicy(parsePolicy(config.policy));
    const images = loadPixels(join(inputFolder(inputs, 'ingest'), config.dataset, 'train'));
    if (images.shape[2] !== 1 && images.shape[2] !== 3) {
      throw new UserError(`invalid dataset: ${config.dataset} has ${images.shape[2]} channels. allowed: 1, 3`);
    }
    const png = await preview(images, policy, config.preview, seed);
    writeFileAtomic(join(out, 'preview.png'), png);
    writeJson(join(out, 'policy.json'), { policy, dataset: config.dataset, shape: images.shape });
    log.params({ policy });
    log.image('views', png);
    const rate = viewsPerSecond(images, policy, seed);
    log.metrics({ views_per_second_per_core: rate });
    log.info(`${policy}: ${Math.round(rate).toLocaleString('en-US')} views/s a core`);
    return { metrics: {} };
  },
});

function preview({ data, shape, rows }: Pixels, policy: string, count: number, seed: number): Promise<Buffer> {
  const makeView = compileViews(parsePolicy(policy), shape);
  const original = compileViews(parsePolicy('flip(p=0)'), shape);
  const size = shape[0] * shape[1] * shape[2];
  const random = new AddressedStream();
  const groups = Array.from(permutation(rows, seed, PREVIEW_STREAM).subarray(0, count), (image) =>
    [original, makeView, makeView].map((make, view) => {
      const out = new Float32Array(size);
      // The very views of the first epoch.
      make(data, image * size, out, 0, random.seek(seed, 0, image, Math.max(0, view - 1)));
      return out;
    }),
  );
  return imageGrid(groups, shape, { columns: 4, zoom: Math.max(1, Math.round(64 / shape[1])) });
}

function viewsPerSecond({ data, shape, rows }: Pixels, policy: string, seed: number): number {
  const makeView = compileViews(parsePolicy(policy), shape);
  const size = shape[0] * shape[1] * shape[2];
  const out = new Float32Array(size);
  const random = new AddressedStream();
  const started = performance.now();
  for (let i = 0; i < SPEED_VIEWS; i++) makeView(data, (i % rows) * size, out, 0, random.seek(seed, 0, i, 0));
  return (SPEED_VIEWS * 1000) / (performance.now() - started);
}
