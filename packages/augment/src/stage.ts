import { join } from 'node:path';
import { loadPixels, type Pixels } from '@simclr/shards';
import {
  AddressedStream,
  defineStage,
  inputFolder,
  permutation,
  plannedDataset,
  UserError,
  writeFileAtomic,
  writeJson,
  z,
} from '@simclr/stage';
import { imageGrid } from './grid.ts';
import { parsePolicy } from './parse.ts';
import type { Policy } from './policy.ts';
import { printPolicy } from './print.ts';
import { compilePolicy, compileViews, viewShape } from './views.ts';

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
  plan({ dataset, policy }, inputs) {
    const parsed = parsePolicy(policy);
    const images = plannedDataset(inputs, dataset);
    const shape = images && viewShape(parsed, images);
    return {
      facts: { policy: printPolicy(parsed), ...(shape && { views: shape.join('×') }) },
      ...(shape && { views: { dataset, shape } }),
      missing: images?.shape === null ? `augment reads pixels, and ${dataset} keeps its files` : undefined,
    };
  },
  async run({ config, inputs, out, log, seed }) {
    const policy = parsePolicy(config.policy);
    const text = printPolicy(policy);
    const images = loadPixels(join(inputFolder(inputs, 'ingest'), config.dataset, 'train'));
    if (images.shape[2] !== 1 && images.shape[2] !== 3) {
      throw new UserError(`invalid dataset: ${config.dataset} has ${images.shape[2]} channels. allowed: 1, 3`);
    }
    const png = await preview(images, policy, config.preview, seed);
    writeFileAtomic(join(out, 'preview.png'), png);
    writeJson(join(out, 'policy.json'), { policy: text, dataset: config.dataset, shape: viewShape(policy, images) });
    log.params({ policy: text });
    log.image('views', png);
    const rate = viewsPerSecond(images, policy, seed);
    log.metrics({ views_per_second_per_core: rate });
    log.info(`${text}: ${Math.round(rate).toLocaleString('en-US')} views/s a core`);
    return { metrics: {} };
  },
});

function preview({ data, shape, rows }: Pixels, policy: Policy, count: number, seed: number): Promise<Buffer> {
  const [height, width, channels] = shape;
  const made = viewShape(policy, { shape });
  const makeView = compileViews(policy, shape);
  const original = compilePolicy([], made, 'double');
  const whole = { box: { y: 0, x: 0, height, width }, flip: false };
  const random = new AddressedStream();
  const groups = Array.from(permutation(rows, seed, PREVIEW_STREAM).subarray(0, count), (image) => {
    const trio = [0, 1, 2].map(() => new Float32Array(made[0] * made[1] * channels));
    const offset = image * height * width * channels;
    original.render(data, offset, width, whole, trio[0]!, 0, random);
    // The very views of the first epoch.
    for (const view of [0, 1]) makeView(data, offset, trio[view + 1]!, 0, random.seek(seed, 0, image, view));
    return trio;
  });
  return imageGrid(groups, made, { columns: 4, zoom: Math.max(1, Math.round(64 / made[1])) });
}

function viewsPerSecond({ data, shape, rows }: Pixels, policy: Policy, seed: number): number {
  const makeView = compileViews(policy, shape);
  const size = shape[0] * shape[1] * shape[2];
  const out = new Float32Array(viewShape(policy, { shape }).reduce((a, b) => a * b));
  const random = new AddressedStream();
  const started = performance.now();
  for (let i = 0; i < SPEED_VIEWS; i++) makeView(data, (i % rows) * size, out, 0, random.seek(seed, 0, i, 0));
  return (SPEED_VIEWS * 1000) / (performance.now() - started);
}
