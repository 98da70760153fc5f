import { knn, topOne } from '@simclr/probe';
import type { Pixels } from '@simclr/shards';
import { permutation } from '@simclr/stage';
import { type Spread, spreadOf } from './collapse.ts';
import type { PretrainConfig } from './config.ts';

/** Stream number of the monitor's draw of images, apart from those of views and initialisation. */
const MONITOR_STREAM = 0x6b6e6e;

/** Online kNN accuracy, of training images held out from a labelled bank of other training images, and the spread of their features. */
export interface Monitor {
  /** @param features of uint8 images under the weights that would be published now; @returns `accuracy` in [0, 1], and how spread out the queries' features are */
  measure(
    features: (pixels: Uint8Array, rows: number) => Promise<Float32Array>,
  ): Promise<{ accuracy: number; spread: Spread }>;
}

function gather({ data, shape, labels }: Pixels, rows: Uint32Array): { pixels: Uint8Array; labels: Int32Array } {
  const size = shape[0] * shape[1] * shape[2];
  const pixels = new Uint8Array(rows.length * size);
  rows.forEach((row, i) => void pixels.set(data.subarray(row * size, (row + 1) * size), i * size));
  return { pixels, labels: Int32Array.from(rows, (row) => labels[row]!) };
}

/** Draws bank and queries once; sizes are cut down in proportion where the dataset is smaller than both together. */
export function makeMonitor(images: Pixels, config: PretrainConfig['monitor'], seed: number): Monitor {
  const share = Math.min(1, images.rows / (config.bank + config.queries));
  const queries = Math.max(1, Math.floor(config.queries * share));
  const bankRows = Math.max(1, Math.floor(config.bank * share));
  const order = permutation(images.rows, seed, MONITOR_STREAM);
  const query = gather(images, order.subarray(0, queries));
  const bank = gather(images, order.subarray(queries, queries + bankRows));
  return {
    async measure(features) {
      const queryFeatures = await features(query.pixels, queries);
      const predicted = knn({
        bank: await features(bank.pixels, bankRows),
        bankLabels: bank.labels,
        queries: queryFeatures,
        classes: images.classes.length,
        k: Math.min(config.k, bankRows),
        temperature: config.temperature,
      });
      return { accuracy: topOne(predicted, query.labels), spread: spreadOf(queryFeatures, queries) };
    },
  };
}
