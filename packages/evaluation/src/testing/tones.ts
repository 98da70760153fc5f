import { preprocessing } from '@simclr/artifacts';
import type { Encoder } from '@simclr/encoders';
import { addressed } from '@simclr/stage';
import type { EvaluationImages } from '@simclr/views';

const CLASSES = 12;

/** Images of 2 × 2 px, of a tone for each class, with so much noise. */
export function tones(perClass: number, noise: number): EvaluationImages {
  const random = addressed(3);
  const own = Array.from({ length: CLASSES }, () => [random.next(), random.next(), random.next()]);
  const labels = Int32Array.from({ length: perClass * CLASSES }, (_, i) => i % CLASSES);
  const images = Float32Array.from({ length: labels.length * 12 }, (_, i) => {
    const tone = own[labels[Math.floor(i / 12)]!]![i % 3]!;
    return Math.min(1, Math.max(0, tone + noise * (random.next() - 0.5)));
  });
  return {
    shape: [2, 2, 3],
    rows: labels.length,
    labels,
    classes: [],
    async *batches(rows = Uint32Array.from(labels.keys())) {
      for (const row of rows) yield images.subarray(12 * row, 12 * (row + 1));
    },
  };
}

export const train = tones(6, 0.1);

interface Stated {
  range: [number, number];
  mean: number[];
  std: number[];
}

/** An encoder that wants values around 0, as ImageNet's statistics make them, and saturates beyond; stated as it is said. */
export function tonesEncoder(stated: Stated, imported = true): Encoder {
  const how = { ...preprocessing([2, 2, 3], 1, 'bicubic'), ...stated };
  return {
    inputShape: [2, 2, 3],
    preprocessing: how,
    stated: true,
    imported,
    featureDim: 12,
    dataset: 'imported',
    parameters: 0,
    flops: null,
    digest: '',
    currentDigest: async () => '',
    embed: async (given) =>
      given.map((value, i) => {
        const [black, white] = how.range;
        return Math.tanh((black + value * (white - black) - how.mean[i % 3]!) / how.std[i % 3]!);
      }),
    dispose() {},
  };
}

export const IMAGENET: Stated = { range: [0, 1], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
export const BYTES: Stated = { range: [0, 255], mean: [0, 0, 0], std: [1, 1, 1] };
