import { sizeOf, type TensorFlow, type Tensors, tf } from '@simclr/tensorflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initResNet } from './init-resnet.ts';
import { Layers } from './layers.ts';
import { applyBlock } from './residual-block.ts';
import { applyResNet } from './resnet.ts';
import { featureDim, planBlocks, type ResNetConfig } from './resnet-config.ts';
import {
  creationOrder,
  golden,
  hash,
  relL2,
  ruleImages,
  ruleVariables,
  toTensors,
  valuesOf,
  wholeGolden,
} from './testdata/golden.ts';

const resnet18: ResNetConfig = { depth: 18, width: 64, stem: 'cifar', channels: 3 };
const resnet50: ResNetConfig = { depth: 50, width: 64, stem: 'imagenet', channels: 3 };

it('the hash rule is the golden files’', () => {
  const { hashProbe, cases, tensors } = golden('resnet');
  for (const [i, k, u] of hashProbe.values) expect(hash(i, k)).toBe(u);
  expect(ruleImages(cases[0]!).data).toEqual(tensors['resnet18_cifar/images']!.data);
});

const CASES: [name: string, file: string, config: ResNetConfig][] = [
  ['ResNet-18 with CIFAR stem', 'resnet', resnet18],
  ['ResNet-50 with ImageNet stem', 'resnet50', resnet50],
  ['ResNet-50 with selective kernels', 'resnet50-sk', { ...resnet50, skRatio: 0.0625 }],
  ['ResNet-18 with squeeze and excitation', 'resnet18-se', { ...resnet18, seRatio: 0.25 }],
];

const MODES = [
  ['train', true],
  ['eval', false],
] as const;

const whole = wholeGolden('resnet');

describe.each(CASES)('%s against the reference', (_, file, config) => {
  const { cases, tensors } = golden(file);
  const goldenCase = cases[0]!;
  const limits = goldenCase.tolerance.relL2 as Record<string, number>;
  const stored = (name: string) => tensors[`${goldenCase.name}/${name}`];
  const initial = initResNet(config, undefined);
  const paramNames = Object.keys(initial.params);
  let variables: Tensors;
  let ours: Map<number, string>;
  let x: TensorFlow.Tensor;
  beforeAll(() => {
    const rule = ruleVariables(goldenCase, creationOrder(initial));
    for (const [name, { shape }] of Object.entries({ ...initial.params, ...initial.stats }))
      expect(rule.tree[name]!.shape, name).toEqual(shape);
    ours = rule.ours;
    variables = toTensors(rule.tree);
    x = toTensors({ x: ruleImages(goldenCase) }).x!;
  });
  afterAll(() => tf.dispose([variables, x]));

  it.each(MODES)('%s: features and activations', (mode, training) => {
    const { features, taps } = applyResNet(config, variables, variables, x, { training });
    expect(relL2(valuesOf(features), stored(`${mode}/final_avg_pool_float64`)!.data)).toBeLessThan(
      limits[`${mode}/final_avg_pool`]!,
    );
    const groups = [1, 2, 3, 4].map((group) => `block_group${group}`);
    for (const name of ['initial_conv', 'initial_max_pool', ...groups]) {
      const tap = taps[name]!;
      const summary = goldenCase.outputs[`${mode}/${name}`] as {
        shape: number[];
        mean_float64: number;
        std_float64: number;
      };
      expect(tap.shape).toEqual(summary.shape);
      const { mean, variance } = tf.moments(tap);
      const limit = limits[`${mode}/${name}`]!;
      expect(Math.abs(valuesOf(mean)[0]! - summary.mean_float64)).toBeLessThan(limit * summary.std_float64);
      expect(Math.abs(Math.sqrt(valuesOf(variance)[0]!) / summary.std_float64 - 1)).toBeLessThan(limit);
      const first = valuesOf(tap).subarray(0, 64);
      expect(relL2(first, stored(`${mode}/${name}/first64_float64`)!.data), name).toBeLessThan(limit);
    }
  });

  it('frozen after its last group: the features of evaluation, and no statistic moves, in training too', () => {
    const mode = { training: true, fineTuneAfterBlock: 4 };
    const { features, stats } = applyResNet(config, variables, variables, x, mode);
    expect(relL2(valuesOf(features), stored('eval/final_avg_pool_float64')!.data)).toBeLessThan(
      limits['eval/final_avg_pool']!,
    );
    expect(stats).toEqual({});
  });

  it('moving statistics after one training pass', () => {
    const { stats } = applyResNet(config, variables, variables, x, { training: true });
    expect(Object.keys(stats)).toHaveLength(Object.keys(initial.stats).length);
    const expected = [...ours].filter(([index]) => stored(`moving/${index}`));
    expect(expected.length).toBeGreaterThanOrEqual(28);
    for (const [index, name] of expected)
      expect(relL2(valuesOf(stats[name]!), stored(`moving/${index}`)!.data), name).toBeLessThan(limits.moving!);
  });

  // Those of a ResNet-50 are 0.3 MB: not all beside the tests.
  it.skipIf(!whole)('images, and every moving statistic (from ../shared/golden)', () => {
    const all = whole!.tensors;
    expect(valuesOf(x)).toEqual(all[`${goldenCase.name}/images`]!.data);
    const { stats } = applyResNet(config, variables, variables, x, { training: true });
    const moved = [...ours].filter(([, name]) => name in stats);
    expect(moved).toHaveLength(Object.keys(initial.stats).length);
    for (const [index, name] of moved) {
      const { data } = all[`${goldenCase.name}/moving/${index}`]!;
      expect(relL2(valuesOf(stats[name]!), data), name).toBeLessThan(limits.moving!);
    }
  });

  it.each(MODES.filter(([mode]) => goldenCase.outputs[`gradient_${mode}`]))('gradients, %s', (mode, training) => {
    const loss = (...values: TensorFlow.Tensor[]) => {
      const params = Object.fromEntries(paramNames.map((name, i) => [name, values[i]!]));
      const { features } = applyResNet(config, params, variables, x, { training });
      return tf.sum(tf.square(features)) as TensorFlow.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(loss)(paramNames.map((name) => variables[name]!));
    const limit = limits[`gradient_${mode}_worst`]!;
    const expected = goldenCase.outputs[`gradient_${mode}`] as { loss: { float64: number } };
    expect(Math.abs(valuesOf(value)[0]! / expected.loss.float64 - 1)).toBeLessThan(1e-4);
    const norms = stored(`gradient_${mode}/norms_float64`)!.data;
    expect(norms).toHaveLength(grads.length);
    const actual = grads.map((gradient) => Math.sqrt(valuesOf(tf.sum(tf.square(gradient)))[0]!));
    actual.forEach((norm, i) => void expect(Math.abs(norm / norms[i]! - 1), paramNames[i]).toBeLessThan(limit));
    expect(relL2(actual, norms)).toBeLessThan(limits[`gradient_${mode}_all`]!);
    const full = [...ours].filter(([index]) => stored(`gradient_${mode}/${index}`));
    expect(full).toHaveLength(5);
    full.forEach(([index, name], i) => {
      // The stem's three, then the last block's two.
      const ofPlace = i < 3 ? limit : limits[`gradient_${mode}_last_block`]!;
      const gradient = valuesOf(grads[paramNames.indexOf(name)]!);
      expect(relL2(gradient, stored(`gradient_${mode}/${index}`)!.data), name).toBeLessThan(ofPlace);
    });
    tf.dispose([value, grads]);
  });
});

describe('taps', () => {
  it.each<[string, ResNetConfig]>([
    ['ResNet-18', { ...resnet18, width: 4 }],
    ['ResNet-50 with selective kernels', { ...resnet50, width: 4, skRatio: 0.0625 }],
  ])('%s has one after every block, from which the next follows', (_, config) => {
    const { params, stats } = initResNet(config, 1);
    // As drawn, every block is its shortcut.
    for (const [name, { data }] of Object.entries(params)) if (name.endsWith('/gamma')) data.fill(0.5);
    const variables = toTensors({ ...params, ...stats });
    const layers = new Layers(variables, variables, { training: false });
    const { features, taps } = applyResNet(config, variables, variables, tf.randomUniform([2, 32, 32, 3]), {
      training: false,
    });
    let before = taps.initial_max_pool!;
    for (const block of planBlocks(config)) {
      const tap = taps[block.name]!;
      expect(relL2(valuesOf(tap), valuesOf(applyBlock(config, block, layers, before))), block.name).toBe(0);
      before = tap;
    }
    for (const group of [1, 2, 3, 4]) {
      const last = planBlocks(config).findLast(({ name }) => name.startsWith(`group${group}/`))!;
      expect(taps[`block_group${group}`]).toBe(taps[last.name]);
    }
    expect(taps.final_avg_pool).toBe(features);
    expect(relL2(valuesOf(features), valuesOf(tf.mean(before, [1, 2])))).toBe(0);
    expect(Object.keys(taps)).toHaveLength(planBlocks(config).length + 7);
  });
});

describe('initResNet', () => {
  it('draws as the reference does: fan-in variance, zero last gammas, and a seed for everything', () => {
    const { params } = initResNet({ ...resnet18, width: 32 }, 3);
    const kernel = params['group3/block2/conv1/kernel']!;
    const std = Math.sqrt([...kernel.data].reduce((sum, v) => sum + v * v, 0) / kernel.data.length);
    const expected = Math.sqrt(1 / (9 * 128));
    expect(Math.abs(std / expected - 1)).toBeLessThan(0.01);
    expect(Math.max(...kernel.data.subarray(0, 50_000))).toBeLessThanOrEqual((2 * expected) / 0.8796);
    const stem = (seed: number) => initResNet({ ...resnet18, width: 4 }, seed).params['stem/conv1/kernel']!.data;
    expect(stem(3)).toEqual(stem(3));
    expect(stem(3)).not.toEqual(stem(4));
  });

  it.each([
    [18, 'bn2'],
    [50, 'bn3'],
  ])('depth %d starts each block as its shortcut: the last gamma, and no other, is 0', (depth, last) => {
    const { params } = initResNet({ ...resnet18, depth, width: 1 }, undefined);
    const gammas = Object.entries(params).filter(([name]) => name.endsWith('/gamma'));
    for (const [name, { data }] of gammas) expect(data[0], name).toBe(name.endsWith(`${last}/gamma`) ? 0 : 1);
    expect(gammas.filter(([, { data }]) => data[0] === 0)).toHaveLength(depth === 18 ? 8 : 16);
  });

  it.each([
    [10, 5],
    [18, 11.2],
    [34, 21.3],
    [50, 23.5],
    [101, 42.5],
    [152, 58.1],
    [200, 62.6],
  ])('depth %d at width 64 has %d million parameters', (depth, millions) => {
    const { params } = initResNet({ ...resnet50, depth, stem: 'imagenet' }, undefined);
    const count = Object.values(params).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    expect(Math.abs(count / 1e6 - millions)).toBeLessThan(0.2);
  });

  it('knows its depths', () => {
    expect(() => initResNet({ ...resnet18, depth: 20 }, 0)).toThrow(
      'invalid depth: 20. allowed: 10, 18, 34, 50, 101, 152, 200',
    );
  });

  it.each([
    [10, 'cifar', 128],
    [50, 'imagenet', 512],
  ] as const)('depth %d with %s stem has features of its dimension', (depth, stem, dim) => {
    const config: ResNetConfig = { depth, width: 16, stem, channels: 1 };
    const { params, stats } = initResNet(config, 0);
    const images = tf.zeros([2, 28, 28, 1]);
    const { features, taps } = applyResNet(config, toTensors(params), toTensors(stats), images, { training: false });
    expect(features.shape).toEqual([2, dim]);
    expect(featureDim(config)).toBe(dim);
    expect(taps.block_group4!.shape[1]).toBe(stem === 'cifar' ? 4 : 1);
  });
});
