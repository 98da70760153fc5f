import { addressed } from '@simclr/stage';
import { compile } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { definitions, initModel, initTrainState, type TrainStepArgs } from './definitions.ts';
import { featureDim } from './resnet.ts';

const args = (name: 'sgd' | 'lars'): TrainStepArgs => ({
  network: { depth: 10, width: 4, stem: 'cifar', channels: 1 },
  head: { kind: 'nonlinear', layers: 2, outDim: 8 },
  objective: { temperature: 0.2, normalize: true, scale: 'paper' },
  optimizer: { name, momentum: 0.9, weightDecay: 1e-4 },
  batch: 16,
  inputShape: [8, 8, 1],
});

/** Two noisy copies each of the same 16 images; the noise is drawn anew for every seed. */
function pairs(seed: number): Float32Array {
  const images = addressed(0);
  const image = Float32Array.from({ length: 16 * 64 }, () => images.next());
  const random = addressed(1, seed);
  return Float32Array.from({ length: 2 * 16 * 64 }, (_, i) => 0.7 * image[i % image.length]! + 0.3 * random.next());
}

describe('trainStep, compiled', () => {
  it.each([
    ['sgd', 0.1],
    ['lars', 2],
  ] as const)('learns to tell pairs apart with %s', async (name, rate) => {
    const step = await compile({ module: definitions, export: 'trainStep', args: args(name) });
    step.write(initTrainState(args(name), 1));
    const run = (i: number) => step.run({ views: pairs(i), learningRate: Float32Array.of(rate) });
    const first = run(0);
    // Chance: ln(2N − 1) for the loss, ln N for the entropy; untrained similarities are near it.
    expect(first.loss!.data[0]!).toBeLessThan(Math.log(31) + 0.5);
    expect(first.contrastEntropy!.data[0]!).toBeLessThanOrEqual(Math.log(16) + 1e-5);
    for (let i = 1; i < 60; i++) run(i);
    const last = run(1000);
    expect(last.loss!.data[0]!).toBeLessThan(0.75 * first.loss!.data[0]!);
    expect(last.contrastAcc!.data[0]!).toBeGreaterThan(0.9);
    step.dispose();
  });
});

describe('encode, compiled', () => {
  it('takes any number of images, and a row does not depend on the others', async () => {
    const { network, head, inputShape } = args('sgd');
    const graph = await compile({ module: definitions, export: 'encode', args: { network, inputShape } });
    const { params, stats } = initModel(network, head, 1);
    const encoder = Object.fromEntries(
      Object.entries({ ...params, ...stats }).filter(([name]) => !name.startsWith('head/')),
    );
    graph.write(encoder);
    const images = pairs(3).subarray(0, 5 * 64);
    const all = graph.run({ images }).features!;
    expect(all.shape).toEqual([5, featureDim(network)]);
    const one = graph.run({ images: images.subarray(2 * 64, 3 * 64) }).features!;
    one.data.forEach((value, i) => void expect(value).toBeCloseTo(all.data[2 * featureDim(network) + i]!, 5));
    graph.dispose();
  });
});
