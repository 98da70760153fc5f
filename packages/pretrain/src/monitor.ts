import { knn } from '@simclr/probe';
import { permutation } from '@simclr/stage';
import type { PretrainConfig } from './config.ts';

/** Stream number of the monitor's draw of images, apart from those of views and initialisation. */
const MONITOR_STREAM = 0x6b6e6e;

interface Labelled {
  data: Uint8Array;
  shape: readonly [number, number, number];
  labels: Int32Array;
  rows: number;
  classes: string[];
}

/** Online kNN accuracy: training images held out from a labelled bank of other training images. */
export interface Monitor {
  /** @param features of images [n, h, w, c] in [0, 1] → [n, featureDim] under the current weights; @returns accuracy in [0, 1] */
  measure(features: (images: Float32Array, rows: number) => Float32Array): number;
}

function gather({ data, shape, labels }: Labelled, rows: Uint32Array): { images: Float32Array; labels: Int32Array } {
  const size = shape[0] * shape[1] * shape[2];
  const images = new Float32Array(rows.length * size);
  rows.forEach((row, i) => {
    for (let j = 0; j < size; j++) images[i * size + j] = data[row * size + j]! / 255;
  });
  return { images, labels: Int32Array.from(rows, (row) => labels[row]!) };
}

/** Draws bank and queries once; sizes are cut down in proportion where the dataset is smaller than both together. */
export function makeMonitor(images: Labelled, config: PretrainConfig['monitor'], seed: number): Monitor {
  const share = Math.min(1, images.rows / (config.bank + config.queries));
  const queries = Math.max(1, Math.floor(config.queries * share));
  const bankRows = Math.max(1, Math.floor(config.bank * share));
  const order = permutation(images.rows, seed, MONITOR_STREAM);
  const query = gather(images, order.subarray(0, queries));
  const bank = gather(images, order.subarray(queries, queries + bankRows));
  return {
    measure(features) {
      const predicted = knn({
        bank: features(bank.images, bankRows),
        bankLabels: bank.labels,
        queries: features(query.images, queries),
        classes: images.classes.length,
        k: Math.min(config.k, bankRows),
        temperature: config.temperature,
      });
      let right = 0;
      for (let i = 0; i < queries; i++) if (predicted[i] === query.labels[i]) right++;
      return right / queries;
    },
  };
}
