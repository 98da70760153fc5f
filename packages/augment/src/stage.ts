import { join } from 'node:path';
import { closeEncoded, loadSplit } from '@simclr/shards';
import { defineStage, inputFolder, plannedDataset, UserError, writeFileAtomic, writeJson, z } from '@simclr/stage';
import { pairShape, parsePair, printPair } from './pair.ts';
import { preview, viewsPerSecond } from './preview.ts';

/** Config of the stage `augment`. */
const AugmentConfig = z.strictObject({
  /** Dataset of the stage `ingest`. */
  dataset: z.string(),
  /** View policy, or two with a slash between them (pair.ts); the default is the paper's without blur, as for CIFAR-10 (B.9). */
  policy: z.string().default('crop|flip|jitter(0.5)|grey'),
  /** Images in the preview, each with two views. */
  preview: z.int().min(1).max(200).default(24),
});

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
    };
  },
  async run({ config, inputs, out, log, seed }) {
    const pair = parsePair(config.policy);
    const text = printPair(pair);
    const images = loadSplit(join(inputFolder(inputs, 'ingest'), config.dataset, 'train'));
    const shape = pairShape(pair, images);
    if (shape[2] !== 1 && shape[2] !== 3) {
      throw new UserError(`invalid dataset: ${config.dataset} has ${shape[2]} channels. allowed: 1, 3`);
    }
    const png = await preview(images, text, config.preview, seed);
    writeFileAtomic(join(out, 'preview.png'), png);
    writeJson(join(out, 'policy.json'), { policy: text, dataset: config.dataset, shape });
    log.params({ policy: text });
    log.image('views', png);
    const rate = await viewsPerSecond(images, text, seed);
    if (!images.shape) closeEncoded(images);
    log.metrics({ views_per_second_per_core: rate });
    log.info(`${text}: ${Math.round(rate).toLocaleString('en-US')} views/s a core`);
    return { metrics: {} };
  },
});
