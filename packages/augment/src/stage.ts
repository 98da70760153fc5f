/**
 * The stage `augment`: of a dataset and a policy the views that pretraining sees, fixed for the stages after it, with a
 * preview of them. {@link ../example.ts} plans one.
 */
import { join } from 'node:path';
import { writePreview, writeViewPolicy } from '@simclr/artifacts';
import { closeEncoded, type ImageShape, inputDatasets, loadSplit } from '@simclr/shards';
import { chooseDataset, defineStage, plannedDataset, type StagePlan, UserError, z } from '@simclr/stage';
import { type PolicyPair, pairShape, parsePair, printPair } from '@simclr/views';
import { preview, viewsPerSecond } from './preview.ts';

/** Config of the stage `augment`. */
const AugmentConfig = z.strictObject({
  /** Dataset of the stage `ingest`, where that writes several. */
  dataset: z.string().optional(),
  /** View policy, or two with a slash between them (pair.ts); the default is the paper's without blur, as for CIFAR-10 (B.9). */
  policy: z.string().default('crop|flip|jitter(0.5)|grayscale'),
  /** Images in the preview, each with two views. */
  preview: z.int().min(1).max(200).default(24),
});

const DATASET = 'augment.dataset';

/** Fixes the view policy for the stages after it, and shows what it does. */
export default defineStage({
  name: 'augment',
  config: AugmentConfig,
  plan({ dataset, policy }, inputs): StagePlan {
    const pair = parsePair(policy);
    const images = plannedDataset(inputs, dataset, DATASET);
    const text = printPair(pair);
    if (!images) return { facts: { policy: text } };
    const shape = trainingShape(pair, images, images.name);
    return {
      facts: { policy: text, views: shape.join('×') },
      views: { dataset: images.name, policy: text, shape },
    };
  },
  async run({ config, inputs, out, log, seed }) {
    const pair = parsePair(config.policy);
    const text = printPair(pair);
    const { name, ingest } = chooseDataset(inputDatasets(inputs), config.dataset, DATASET);
    const images = loadSplit(join(ingest, name, 'train'));
    const shape = trainingShape(pair, images, name);
    const png = await preview(images, text, config.preview, seed);
    writePreview(out, png);
    writeViewPolicy(out, { policy: text, dataset: name, shape });
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
