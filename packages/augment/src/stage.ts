/**
 * The stage `augment`: of a dataset and a policy the views that pretraining sees, fixed for the stages after it, with a
 * preview of them. {@link ../example.ts} plans one.
 */
import { join } from 'node:path';
import { requireDatasets, writePreview, writeViewPolicy } from '@simclr/artifacts';
import { closeEncoded, inputDatasets, loadSplit } from '@simclr/shards';
import { chooseDataset, defineStage } from '@simclr/stage';
import { parsePair, printPair } from '@simclr/views';
import { AugmentConfig, DATASET_KEY } from './config.ts';
import { preview, viewsPerSecond } from './preview.ts';
import { trainingShape } from './training-shape.ts';

/** Whose views are shown beside those of the first: the same images, seen anew. */
const LATER_EPOCHS = [1, 2, 3];

/** Fixes the view policy for the stages after it, and shows what it does. */
export default defineStage({
  name: 'augment',
  config: AugmentConfig,
  async run({ config, inputs, out, log, seed }) {
    const pair = parsePair(config.policy);
    const text = printPair(pair);
    requireDatasets(inputs);
    const { name, ingest } = chooseDataset(inputDatasets(inputs), config.dataset, DATASET_KEY);
    const images = loadSplit(join(ingest, name, 'train'));
    const shape = trainingShape(pair, images, name);
    const png = await preview(images, text, config.preview, seed);
    writePreview(out, png);
    writeViewPolicy(out, { policy: text, dataset: name, shape });
    log.params({ policy: text });
    log.image('views', png);
    for (const epoch of LATER_EPOCHS)
      log.image('views', await preview(images, text, config.preview, seed, epoch), epoch);
    const rate = await viewsPerSecond(images, text, seed);
    if (!images.shape) closeEncoded(images);
    log.metrics({ views_per_second_per_core: rate });
    log.info(`${text}: ${Math.round(rate).toLocaleString('en-US')} views/s a core`);
    return { metrics: {} };
  },
});
