import { type TensorFlow, tf } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import {
  excess,
  type Golden,
  type GoldenCase,
  golden,
  relL2,
  toTensors,
  valuesOf,
  wholeGolden,
} from '../testdata/golden.ts';
import { type NtXentConfig, ntXent } from './nt-xent.ts';

type Limits = Record<string, { rtol?: number; atol?: number; relL2?: number }>;

const configOf = ({ params }: GoldenCase): NtXentConfig => ({
  temperature: params.temperature as number,
  normalize: params.hidden_norm as boolean,
  scale: 'reference',
});

/** Accessors to a case's tensors, and the comparison at its tolerance. */
function read({ tensors }: Golden, { tolerance }: GoldenCase) {
  const data = (spec: unknown) => tensors[(spec as { tensor: string }).tensor]!;
  const tensor = (spec: unknown) => toTensors({ t: data(spec) }).t!;
  const within = (name: string, actual: ArrayLike<number>, expected: ArrayLike<number>) => {
    const { rtol = 0, atol = 0, relL2: relative } = (tolerance as Limits)[name]!;
    if (relative !== undefined && relL2(actual, expected) <= relative) return;
    expect(excess(actual, expected, rtol), name).toBeLessThanOrEqual(atol);
  };
  return { data, tensor, within };
}

function checkCase(file: Golden, goldenCase: GoldenCase): void {
  const { inputs, outputs, tolerance } = goldenCase;
  const { data, tensor, within } = read(file, goldenCase);
  const config = configOf(goldenCase);
  const hidden = tensor(inputs.hidden);
  const result = ntXent(hidden, config);
  within('loss', valuesOf(result.loss), [(outputs.loss_float64 ?? outputs.loss) as number]);
  within('logits_ab', valuesOf(result.logitsAB), data(outputs.logits_ab).data);
  if (tolerance.contrast_acc) within('contrast_acc', valuesOf(result.contrastAcc), [outputs.contrast_acc as number]);
  within('contrast_entropy', valuesOf(result.contrastEntropy), [outputs.contrast_entropy as number]);
  const gradient = tf.grad((z: TensorFlow.Tensor) => ntXent(z, config).loss)(hidden);
  within('grad_hidden', valuesOf(gradient), data(outputs.grad_hidden).data);
  const paper = valuesOf(ntXent(hidden, { ...config, scale: 'paper' }).loss)[0]!;
  expect(paper * 2).toBeCloseTo(valuesOf(result.loss)[0]!, 4);
}

/** z of all replicas as their rows lie on each: all of view 1, then all of view 2. */
function gather(hidden: TensorFlow.Tensor[]): TensorFlow.Tensor {
  const halves = hidden.map((z) => tf.split(z, 2));
  return tf.concat([0, 1].flatMap((view) => halves.map((half) => half[view]!)));
}

function checkReplicas(file: Golden, goldenCase: GoldenCase): void {
  const { inputs, outputs, params } = goldenCase;
  const { data, tensor, within } = read(file, goldenCase);
  const config = configOf(goldenCase);
  const numbers = Array.from({ length: params.replicas as number }, (_, r) => r);
  const hidden = numbers.map((r) => tensor(inputs[`hidden_${r}`]));
  expect(valuesOf(gather(hidden))).toEqual(data(inputs.global_hidden).data);

  const losses = (shards: TensorFlow.Tensor[]) =>
    shards.map((shard, replica) =>
      ntXent(shard, config, { gathered: gather(shards), replica: tf.scalar(replica, 'int32') }),
    );
  const { gathered, results } = { gathered: gather(hidden), results: losses(hidden) };
  within(
    'loss',
    results.map(({ loss }) => valuesOf(loss)[0]!),
    outputs.replica_losses as number[],
  );
  within('loss', valuesOf(ntXent(gathered, config).loss), [outputs.global_loss as number]);
  within('loss', valuesOf(tf.mean(tf.stack(results.map(({ loss }) => loss)))), [
    outputs.mean_of_replica_losses as number,
  ]);
  const best = results.map(({ logitsAB }) => valuesOf(tf.argMax(logitsAB, 1)));
  for (const r of numbers) {
    within('logits_ab', valuesOf(results[r]!.logitsAB), data(outputs[`logits_ab_${r}`]).data);
    const labels = data(outputs[`label_index_${r}`]).data;
    const hits = best[r]!.filter((column, i) => column === labels[i]).length;
    expect(valuesOf(results[r]!.contrastAcc)[0]).toBeCloseTo(hits / labels.length, 6);
  }

  const mean = (...shards: TensorFlow.Tensor[]) =>
    tf.mean(tf.stack(losses(shards).map(({ loss }) => loss))) as TensorFlow.Scalar;
  tf.grads(mean)(hidden).forEach((gradient, r) => {
    within('grad', valuesOf(gradient), data(outputs[`grad_hidden_${r}`]).data);
  });
  const whole = tf.grad((z: TensorFlow.Tensor) => ntXent(z, config).loss)(gathered);
  within('grad', valuesOf(whole), data(outputs.global_grad_hidden).data);
}

describe('NT-Xent against the reference', () => {
  const file = golden('objective');
  const named = file.cases.map((c) => [c.name, c] as const);
  const [sharded, single] = [named.filter(([, c]) => c.params.replicas), named.filter(([, c]) => !c.params.replicas)];
  it.each(single)('%s', (_, goldenCase) => checkCase(file, goldenCase));
  it.each(sharded)('%s', (_, goldenCase) => checkReplicas(file, goldenCase));
});

// 1.2 MB: not beside the tests.
const whole = wholeGolden('objective');
describe('NT-Xent against the reference, 128 pairs (from ../shared/golden)', () => {
  const names = ['0.1', '0.5', '1.0'].flatMap((t) => [`b128_d128/t${t}/norm`, `b128_d128/t${t}/raw`]);
  it.skipIf(!whole).each(names)('%s', (name) => checkCase(whole!, whole!.cases.find((c) => c.name === name)!));
});

describe('NT-Xent', () => {
  it.each([
    [1, 1.16542218],
    [0.5, 0.594437664],
    [0.1, 0.000272362],
  ])('of orthogonal pairs at temperature %d', (temperature, expected) => {
    // ln(e^(1/t) + 2N − 2) − 1/t for N orthonormal pairs (reference/simclr.md 5.2).
    const pairs = tf.concat([tf.eye(4), tf.eye(4)]);
    const loss = valuesOf(ntXent(pairs, { temperature, normalize: true, scale: 'paper' }).loss)[0]!;
    expect(Math.abs(loss - expected)).toBeLessThan(2e-6);
  });
});
