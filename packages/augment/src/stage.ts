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
import { forBoth, type PolicyPair, pairShape, parsePair, printPair } from './pair.ts';
import { compilePolicy, compileViews } from './views.ts';

/** Config of the stage `augment`. */
const AugmentConfig = z.strictObject({
  /** Dataset of the stage `ingest`. */
  dataset: z.string(),
  /** View policy, or two with a slash between them (pair.ts); the default is the paper's without blur, as for CIFAR-10 (B.9). */
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
    const pair = parsePair(policy);
    const images = plannedDataset(inputs, dataset);
    const shape = images && pairShape(pair, images);
    const text = printPair(pair);
    return {
      facts: { policy: text, ...(shape && { views: shape.join('×') }) },
      ...(shape && { views: { dataset, policy: text, shape } }),
      missing: images?.shape === null ? `augment reads pixels, and ${dataset} keeps its files` : undefined,
    };
  },
  async run({ config, inputs, out, log, seed }) {
    const pair = parsePair(config.policy);
    const text = printPair(pair);
    const images = loadPixels(join(inputFolder(inputs, 'ingest'), config.dataset, 'train'));
    if (images.shape[2] !== 1 && images.shape[2] !== 3) {
      throw new UserError(`invalid dataset: ${config.dataset} has ${images.shape[2]} channels. allowed: 1, 3`);
    }
    const png = await preview(images, pair, config.preview, seed);
    writeFileAtomic(join(out, 'preview.png'), png);
    writeJson(join(out, 'policy.json'), { policy: text, dataset: config.dataset, shape: pairShape(pair, images) });
    log.params({ policy: text });
    log.image('views', png);
    const rate = viewsPerSecond(images, pair, seed);
    log.metrics({ views_per_second_per_core: rate });
    log.info(`${text}: ${Math.round(rate).toLocaleString('en-US')} views/s a core`);
    return { metrics: {} };
  },
});

function preview({ data, shape, rows }: Pixels, pair: PolicyPair, count: number, seed: number): Promise<Buffer> {
  const [height, width, channels] = shape;
  const made = pairShape(pair, { shape });
  const makeView = forBoth(pair, (policy) => compileViews(policy, shape));
  const original = compilePolicy([], made, 'double');
  const whole = { box: { y: 0, x: 0, height, width }, flip: false };
  const random = new AddressedStream();
  const groups = Array.from(permutation(rows, seed, PREVIEW_STREAM).subarray(0, count), (image) => {
    const trio = [0, 1, 2].map(() => new Float32Array(made[0] * made[1] * channels));
    const offset = image * height * width * channels;
    original.render(data, offset, width, whole, trio[0]!, 0, random);
    // The very views of the first epoch.
    for (const view of [0, 1] as const)
      makeView[view](data, offset, trio[view + 1]!, 0, random.seek(seed, 0, image, view));
    return trio;
  });
  return imageGrid(groups, made, { columns: 4, zoom: Math.max(1, Math.round(64 / made[1])) });
}

function viewsPerSecond({ data, shape, rows }: Pixels, pair: PolicyPair, seed: number): number {
  const makeView = forBoth(pair, (policy) => compileViews(policy, shape));
  const size = shape[0] * shape[1] * shape[2];
  const out = new Float32Array(pairShape(pair, { shape }).reduce((a, b) => a * b));
  const random = new AddressedStream();
  const started = performance.now();
  for (let i = 0; i < SPEED_VIEWS; i++) {
    const view = i % 2 ? 1 : 0;
    makeView[view](data, (i % rows) * size, out, 0, random.seek(seed, 0, i, view));
  }
  return (SPEED_VIEWS * 1000) / (performance.now() - started);
}
