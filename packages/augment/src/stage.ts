import { join } from 'node:path';
import { writePreview, writeViewPolicy } from '@simclr/artifacts';
import { closeEncoded, type ImageShape, loadSplit } from '@simclr/shards';
import { defineStage, inputFolder, plannedDataset, requireInputs, UserError, z } from '@simclr/stage';
import { type PolicyPair, pairShape, parsePair, printPair } from '@simclr/views';
import { preview, viewsPerSecond } from './preview.ts';

/** Config of the stage `augment`. */
const AugmentConfig = z.strictObject({
  /** Dataset of the stage `ingest`. */
  dataset: z.string(),
  /** View policy, or two with a slash between them (pair.ts); the default is the paper's without blur, as for CIFAR-10 (B.9). */
  policy: z.string().default('crop|flip|jitter(0.5)|grayscale'),
  /** Images in the preview, each with two views. */
  preview: z.int().min(1).max(200).default(24),
});

/** Fixes the view policy for the stages after it, and shows what it does. */
export default defineStage({
  name: 'augment',
  config: AugmentConfig,
  plan({ dataset, policy }, inputs) {
    requireInputs(inputs, 'augment', ['ingest']);
    const pair = parsePair(policy);
    const images = plannedDataset(inputs, dataset);
    const shape = images && trainingShape(pair, images, dataset);
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
    const shape = trainingShape(pair, images, config.dataset);
    const png = await preview(images, text, config.preview, seed);
    writePreview(out, png);
    writeViewPolicy(out, { policy: text, dataset: config.dataset, shape });
    log.params({ policy: text });
    log.image('views', png);
    const rate = await viewsPerSecond(images, text, seed);
    if (!images.shape) closeEncoded(images);
    log.metrics({ views_per_second_per_core: rate });
    log.info(`${text}: ${Math.round(rate).toLocaleString('en-US')} views/s a core`);
    return { metrics: {} };
  },
});

/** Px: on the way to its features a network halves a view three times or more. */
const SMALLEST = 8;

/** Shape of the views of a dataset. Throws UserError where a network cannot learn from such. */
function trainingShape(pair: PolicyPair, images: { shape: ImageShape | null }, dataset: string): ImageShape {
  const shape = pairShape(pair, images);
  const [height, width, channels] = shape;
  if (channels !== 1 && channels !== 3)
    throw new UserError(`invalid dataset: ${dataset} has ${channels} channels. allowed: 1, 3`);
  if (Math.min(height, width) < SMALLEST)
    throw new UserError(
      `views too small: ${printPair(pair)} makes ${height}×${width} px of ${dataset}. at least ${SMALLEST}×${SMALLEST}. raise to= in augment.policy, or the dataset's size`,
    );
  return shape;
}
