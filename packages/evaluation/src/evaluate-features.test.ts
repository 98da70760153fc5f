import { type EncoderInfo, preprocessing, type RowKey } from '@simclr/artifacts';
import { type Encoder, resnetEncoder } from '@simclr/encoders';
import { definitions, initResNet } from '@simclr/nn';
import { addressed, memoryLog } from '@simclr/stage';
import { compile } from '@simclr/tensorflow';
import { evaluationImages } from '@simclr/views';
import { describe, expect, it } from 'vitest';
import { ProbeConfig } from './config.ts';
import { evaluateFeatures } from './evaluate-features.ts';
import { extractKinds } from './extract-kinds.ts';

const shape = [8, 8, 1] as const;

/** Stripes across or down, with noise. */
function split(rows: number, seed: number) {
  const random = addressed(seed);
  const labels = Int32Array.from({ length: rows }, (_, i) => i % 2);
  const data = Uint8Array.from({ length: rows * 64 }, (_, at) => {
    const [x, y] = [at % 8, Math.floor(at / 8) % 8];
    return ((labels[Math.floor(at / 64)] ? x : y) % 4 < 2 ? 180 : 30) + 60 * random.next();
  });
  return evaluationImages({ data, shape, labels, classes: ['across', 'down'], rows, digest: '' }, '', 0);
}

const evaluate = async (encoder: Encoder, baselines = true) => {
  const [train, test] = [split(100, 1), split(40, 2)];
  const run = { seed: 1, log: memoryLog() };
  const kinds = () => extractKinds({ ...run, name: 'stripes', train, test, encoder, baselines });
  const splits = { train: { rows: 100, digest: 'a' }, test: { rows: 40, digest: 'b' } };
  const about = { dataset: 'stripes', metric: 'top-1', severalLabels: false } as const;
  const source = {
    ...about,
    classes: train.classes,
    splits,
    encoder: { digest: encoder.digest, parameters: encoder.parameters },
    images: undefined,
    getting: 'extraction',
    kinds,
  } as const;
  return evaluateFeatures({ ...source, flags: [] }, { ...run, config: ProbeConfig.parse({ l2s: [1] }) });
};

const nameOf = ({ features, protocol }: RowKey): string => `${features} ${protocol}`;

describe('a frozen encoder', () => {
  it('is left as it was; where it is not, the evaluation fails', async () => {
    const architecture = { depth: 10, width: 4, stem: 'cifar', channels: 1 } as const;
    const { params, stats } = initResNet(architecture, 5);
    const info: EncoderInfo = {
      architecture,
      inputShape: [...shape],
      preprocessing: preprocessing(shape, 1, 'bicubic'),
      featureDim: 32,
      policy: 'crop',
      dataset: 'stripes',
      steps: 1,
      seed: 5,
      precision: 'fp32',
    };
    const args = { network: architecture, inputShape: info.inputShape };
    const graph = await compile({ module: definitions, export: 'encode', args }, { precision: 'fp32' });
    const weights = { ...params, ...stats };
    const encoder = resnetEncoder(info, weights, graph);
    const { rows } = await evaluate(encoder);
    expect(rows.map(nameOf)).toEqual(
      ['pretrained', 'random-init', 'pixels'].flatMap((kind) => [`${kind} linear`, `${kind} knn`]),
    );
    expect(await encoder.currentDigest()).toBe(encoder.digest);

    const read = (names?: readonly string[]) => {
      const tree = graph.read(names);
      tree['stem/bn1/moving_mean']!.data[0]! += 1e-3;
      return tree;
    };
    const changed = evaluate(resnetEncoder(info, weights, { ...graph, read }));
    await expect(changed).rejects.toThrow(/^encoder changed during evaluation: /);
    graph.dispose();
  });
});

describe('an encoder of another kind', () => {
  /** How much an image changes to the right, and downwards: all that tells these classes apart. */
  const encoder: Encoder = {
    inputShape: [...shape],
    preprocessing: preprocessing(shape, 1, 'bicubic'),
    featureDim: 2,
    dataset: 'stripes',
    parameters: 0,
    digest: 'of no weights',
    currentDigest: async () => 'of no weights',
    stated: false,
    imported: false,
    flops: null,
    async embed(images) {
      const features = new Float32Array(images.length / 32);
      images.forEach((value, at) => {
        const image = Math.floor(at / 64);
        if (at % 8 < 7) features[2 * image]! += Math.abs(value - images[at + 1]!) / 64;
        if (at % 64 < 56) features[2 * image + 1]! += Math.abs(value - images[at + 8]!) / 64;
      });
      return features;
    },
    dispose() {},
  };

  it('is evaluated by the same protocols, without the twin that it does not have', async () => {
    const { rows, train, predictions, tested } = await evaluate(encoder);
    expect(rows.map(nameOf)).toEqual(['pretrained linear', 'pretrained knn', 'pixels linear', 'pixels knn']);
    expect(train).toMatchObject({ dim: 2 });
    expect([rows[0]!.score, rows[1]!.score]).toEqual([1, 1]);
    expect(tested).toMatchObject({ dataset: 'stripes', digest: 'b', labels: Array.from(split(40, 2).labels) });
    expect(predictions.map(nameOf)).toEqual(rows.map(nameOf));
    expect(predictions[1]!.predicted).toEqual(tested.labels);
  });

  it('alone, where no baselines are wanted', async () => {
    const { rows } = await evaluate(encoder, false);
    expect(rows.map(nameOf)).toEqual(['pretrained linear', 'pretrained knn']);
  });
});
