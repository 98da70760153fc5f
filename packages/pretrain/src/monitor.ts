import { knn, topOne } from '@simclr/probe';
import { permutation } from '@simclr/stage';
import type { EvaluationImages } from '@simclr/views';
import { type Spread, spreadOf } from './collapse.ts';
import type { PretrainConfig } from './config.ts';

/** Stream number of the monitor's draw of images, apart from those of views and initialisation. */
const MONITOR_STREAM = 0x6b6e6e;

/** Online kNN accuracy, of training images held out from a labelled bank of other training images, and the spread of their features. */
export interface Monitor {
  /**
   * @param features of training images under the weights that would be published now
   * @returns `accuracy` in [0, 1], and how spread out the queries' features are
   */
  measure(features: (rows: Uint32Array) => Promise<Float32Array>): Promise<{ accuracy: number; spread: Spread }>;
}

/** Draws bank and queries once; sizes are cut down in proportion where the dataset is smaller than both together. */
export function makeMonitor(
  { rows, labels, classes }: Pick<EvaluationImages, 'rows' | 'labels' | 'classes'>,
  config: PretrainConfig['monitor'],
  seed: number,
): Monitor {
  const share = Math.min(1, rows / (config.bank + config.queries));
  const queries = Math.max(1, Math.floor(config.queries * share));
  const bankRows = Math.max(1, Math.floor(config.bank * share));
  // The bank's rows come after the queries'.
  const chosen = permutation(rows, seed, MONITOR_STREAM).slice(0, queries + bankRows);
  const chosenLabels = Int32Array.from(chosen, (row) => labels[row]!);
  return {
    async measure(features) {
      const all = await features(chosen);
      const dim = all.length / chosen.length;
      const queryFeatures = all.subarray(0, queries * dim);
      const predicted = knn({
        bank: all.subarray(queries * dim),
        bankLabels: chosenLabels.subarray(queries),
        queries: queryFeatures,
        classes: classes.length,
        k: Math.min(config.k, bankRows),
        temperature: config.temperature,
      });
      return {
        accuracy: topOne(predicted, chosenLabels.subarray(0, queries)),
        spread: spreadOf(queryFeatures, queries),
      };
    },
  };
}
