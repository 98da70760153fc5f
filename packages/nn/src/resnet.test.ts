import { type TensorFlow, tf } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { applyResNet, featureDim, initResNet, type ResNetConfig } from './resnet.ts';
import { creationOrder, golden, hash, relL2, ruleVariables, toTensors, valuesOf } from './testdata/golden.ts';

const { cases, tensors, hashProbe } = golden('resnet');
const resnet18: ResNetConfig = { depth: 18, width: 64, stem: 'cifar', channels: 3 };

it('the hash rule is the golden files’', () => {
  for (const [i, k, u] of hashProbe.values) expect(hash(i, k)).toBe(u);
});

describe('ResNet-18 with CIFAR stem against the reference', () => {
  const golden18 = cases[0]!;
  const initial = initResNet(resnet18, 0);
  const { tree, ours } = ruleVariables(golden18, creationOrder(initial));
  const variables = toTensors(tree);
  const x = toTensors({ x: tensors['resnet18_cifar/images']! }).x!;
  const limits = golden18.tolerance.relL2 as Record<string, number>;
  const stored = (name: string) => tensors[`resnet18_cifar/${name}`]!.data;
  const paramNames = Object.keys(initial.params);

  it.each([
    ['train', true],
    ['eval', false],
  ] as const)('%s: features and activations', (mode, training) => {
    const { features, taps } = applyResNet(resnet18, variables, variables, x, training);
    expect(relL2(valuesOf(features), stored(`${mode}/final_avg_pool_float64`))).toBeLessThan(
      limits[`${mode}/final_avg_pool`]!,
    );
    for (const [name, tap] of Object.entries(taps)) {
      const summary = golden18.outputs[`${mode}/${name}`] as { mean_float64: number; std_float64: number };
      const { mean, variance } = tf.moments(tap);
      expect(valuesOf(mean)[0]!).toBeCloseTo(summary.mean_float64, 4);
      expect(Math.sqrt(valuesOf(variance)[0]!)).toBeCloseTo(summary.std_float64, 4);
      const first = valuesOf(tap).subarray(0, 64);
      expect(relL2(first, stored(`${mode}/${name}/first64_float64`)), name).toBeLessThan(limits[`${mode}/${name}`]!);
    }
  });

  it('moving statistics after one training pass', () => {
    const { stats } = applyResNet(resnet18, variables, variables, x, true);
    let compared = 0;
    for (const [index, name] of ours) {
      const expected = tensors[`resnet18_cifar/moving/${index}`];
      if (!expected) continue;
      compared++;
      expect(relL2(valuesOf(stats[name]!), expected.data), name).toBeLessThan(limits.moving!);
    }
    expect(compared).toBe(Object.keys(initial.stats).length);
  });

  it.each([
    ['eval', false],
    ['train', true],
  ] as const)('gradients, %s', (mode, training) => {
    const loss = (...values: TensorFlow.Tensor[]) => {
      const params = Object.fromEntries(paramNames.map((name, i) => [name, values[i]!]));
      return tf.sum(tf.square(applyResNet(resnet18, params, variables, x, training).features)) as TensorFlow.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(loss)(paramNames.map((name) => variables[name]!));
    const expected = golden18.outputs[`gradient_${mode}`] as { loss: { float64: number } };
    expect(Math.abs(valuesOf(value)[0]! / expected.loss.float64 - 1)).toBeLessThan(1e-4);
    const norms = stored(`gradient_${mode}/norms_float64`);
    grads.forEach((gradient, i) => {
      const norm = Math.sqrt(valuesOf(tf.sum(tf.square(gradient)))[0]!);
      expect(Math.abs(norm / norms[i]! - 1), paramNames[i]).toBeLessThan(limits[`gradient_${mode}_worst`]!);
    });
    for (const [index, name] of ours) {
      const full = tensors[`resnet18_cifar/gradient_${mode}/${index}`];
      if (full)
        expect(relL2(valuesOf(grads[paramNames.indexOf(name)]!), full.data), name).toBeLessThan(
          limits[`gradient_${mode}_worst`]!,
        );
    }
  });
});

describe('initResNet', () => {
  it('draws as the reference does: fan-in variance, zero last gammas, and a seed for everything', () => {
    const { params } = initResNet(resnet18, 3);
    const kernel = params['group2/block2/conv1/kernel']!;
    const std = Math.sqrt([...kernel.data].reduce((sum, v) => sum + v * v, 0) / kernel.data.length);
    expect(Math.abs(std / Math.sqrt(1 / (9 * 128)) - 1)).toBeLessThan(0.02);
    expect([...params['group2/block2/bn2/gamma']!.data].every((v) => v === 0)).toBe(true);
    expect([...params['group2/block2/bn1/gamma']!.data].every((v) => v === 1)).toBe(true);
    expect(initResNet(resnet18, 3).params['stem/conv1/kernel']!.data).toEqual(params['stem/conv1/kernel']!.data);
    expect(initResNet(resnet18, 4).params['stem/conv1/kernel']!.data).not.toEqual(params['stem/conv1/kernel']!.data);
  });

  it.each([
    [10, 'cifar', 128],
    [50, 'imagenet', 512],
  ] as const)('depth %d with %s stem has features of its dimension', (depth, stem, dim) => {
    const config: ResNetConfig = { depth, width: 16, stem, channels: 1 };
    const { params, stats } = initResNet(config, 0);
    const { features, taps } = applyResNet(
      config,
      toTensors(params),
      toTensors(stats),
      tf.zeros([2, 28, 28, 1]),
      false,
    );
    expect(features.shape).toEqual([2, dim]);
    expect(featureDim(config)).toBe(dim);
    expect(taps.block_group4!.shape[1]).toBe(stem === 'cifar' ? 4 : 1);
  });
});
