import { addressed } from '@simclr/stage';
import { type Tensors, tf } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import {
  accumulate,
  applyUpdate,
  type ChunkedStepArgs,
  embed,
  embeddingLoss,
  initSums,
  sumName,
} from './chunked-step.ts';
import { relL2, toTensors, valuesOf } from './testdata/golden.ts';
import { chunkOf, gatherChunks, groupedStep } from './testdata/grouped-step.ts';
import { initTrainState, initVariables, trainStep } from './train-step.ts';

const args = (changes: Partial<ChunkedStepArgs> = {}): ChunkedStepArgs => ({
  network: { depth: 10, width: 4, stem: 'cifar', channels: 1 },
  head: { kind: 'nonlinear', layers: 2, outDim: 8 },
  objective: { temperature: 0.2, normalize: true, scale: 'paper' },
  optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 1e-4 },
  batch: 12,
  chunk: 4,
  inputShape: [8, 8, 1],
  ...changes,
});

const random = addressed(5);
const views = tf.tensor4d(
  Float32Array.from({ length: 24 * 64 }, () => random.next()),
  [24, 8, 8, 1],
);
const labels = tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 0, 1, 2, 2, 1], 'int32');
const learningRate = tf.scalar(0.1);

/** The four definitions in their order. */
function chunkedStep(config: ChunkedStepArgs, state: Tensors): { state: Tensors; outputs: Tensors } {
  const numbers = Array.from({ length: config.batch / config.chunk }, (_, k) => k);
  const z = gatherChunks(
    numbers.map((k) => embed(config).step(state, { views: chunkOf(config, views, k) }).outputs.z!),
  );
  const { gradient, ...outputs } = embeddingLoss(config).step({}, { z }).outputs;
  // What the last step left in the sums must not matter.
  let sums = Object.fromEntries(Object.entries(toTensors(initSums(config))).map(([n, t]) => [n, tf.onesLike(t)]));
  for (const k of numbers) {
    const inputs = {
      views: chunkOf(config, views, k),
      gradient: chunkOf(config, gradient!, k),
      keep: tf.scalar(+(k > 0)),
    };
    const given = { ...inputs, labels: tf.slice(labels, k * config.chunk, config.chunk) };
    const pass = accumulate(config).step({ ...state, ...sums }, given);
    sums = pass.state!;
    expect(Math.abs(valuesOf(pass.outputs.linearised!)[0]!)).toBeLessThan(1e-5);
  }
  const last = applyUpdate(config).step(state, { ...sums, learningRate });
  return { state: last.state!, outputs: { ...outputs, ...last.outputs } };
}

function expectEqual(actual: ReturnType<typeof chunkedStep>, expected: { state?: Tensors; outputs: Tensors }): void {
  const state = expected.state ?? {};
  expect(Object.keys(actual.state).sort()).toEqual(Object.keys(state).sort());
  for (const [name, tensor] of Object.entries(state))
    expect(relL2(valuesOf(actual.state[name]!), valuesOf(tensor)), name).toBeLessThan(1e-5);
  for (const [name, tensor] of Object.entries(expected.outputs))
    expect(relL2(valuesOf(actual.outputs[name]!), valuesOf(tensor)), name).toBeLessThan(1e-5);
}

describe('the chunked step', () => {
  it.each<[string, ChunkedStepArgs]>([
    ['NT-Xent', args()],
    ['chunks of one pair', args({ chunk: 1 })],
    [
      'LARS, a probe, moving averages',
      args({ optimizer: { name: 'lars', momentum: 0.9, weightDecay: 1e-4 }, probe: { classes: 3 }, ema: 0.9 }),
    ],
    ['margin triplet', args({ objective: { kind: 'margin_triplet', margin: 0.8, semiHard: true, reduction: 'mean' } })],
  ])('is the direct step with batch norm by chunks: %s', (_, config) => {
    const state = toTensors(initTrainState(config, 1));
    expectEqual(chunkedStep(config, state), groupedStep(config).step(state, { views, labels, learningRate }));
  });

  it('of one chunk is trainStep', () => {
    const config = args({ chunk: 12, probe: { classes: 3 } });
    const state = toTensors(initTrainState(config, 1));
    const { state: changed, outputs } = trainStep(config).step(state, { views, labels, learningRate });
    const contrastive = Object.fromEntries(Object.entries(outputs).filter(([name]) => !name.startsWith('supervised')));
    expectEqual(chunkedStep(config, state), { state: changed, outputs: contrastive });
  });

  it('is not trainStep where batch norm has other statistics', () => {
    const state = toTensors(initTrainState(args(), 1));
    const whole = trainStep(args()).step(state, { views, learningRate }).state!;
    const kernel = 'head/layer1/kernel/Momentum';
    expect(relL2(valuesOf(chunkedStep(args(), state).state[kernel]!), valuesOf(whole[kernel]!))).toBeGreaterThan(0.01);
  });

  it('names its sums after the variables', () => {
    const { params, stats } = initVariables(args(), undefined);
    expect(Object.keys(initSums(args()))).toEqual(Object.keys({ ...params, ...stats }).map(sumName));
  });
});
