import { type TensorFlow, tf } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { applyHead, applySupervisedHead, type HeadConfig } from './heads.ts';
import { initHead, initSupervisedHead } from './init-heads.ts';
import { crossEntropy } from './losses/cross-entropy.ts';
import { creationOrder, excess, golden, relL2, ruleVariables, toTensors, valuesOf } from './testdata/golden.ts';

const { cases, tensors } = golden('heads');

describe('projection head against the reference', () => {
  const projections = cases.filter((c) => c.name.startsWith('projection'));
  it.each(projections.map((c) => [c.name, c] as const))('%s', (_, goldenCase) => {
    const { params, inputs, outputs, tolerance } = goldenCase;
    const config: HeadConfig = {
      kind: 'nonlinear',
      layers: params.num_proj_layers as number,
      outDim: params.proj_out_dim as number,
    };
    const initial = initHead(config, 64, 0);
    const { tree, ours } = ruleVariables(goldenCase, creationOrder(initial));
    const variables = toTensors(tree);
    const stored = (spec: unknown) => tensors[(spec as { tensor: string }).tensor]!;
    const x = toTensors({ x: stored(inputs.x) }).x!;
    const cotangent = toTensors({ c: stored(inputs.cotangent) }).c!;
    const { rtol, atol } = tolerance.outputs as { rtol: number; atol: number };

    for (const [mode, training] of [
      ['train', true],
      ['eval', false],
    ] as const) {
      const { hidden, z, stats } = applyHead(config, variables, variables, x, { training });
      hidden.slice(1).forEach((layer, i) => {
        expect(excess(valuesOf(layer), stored(outputs[`${mode}/hidden_${i + 1}`]).data, rtol)).toBeLessThanOrEqual(
          atol,
        );
      });
      expect(excess(valuesOf(z), stored(outputs[`${mode}/output`]).data, rtol)).toBeLessThanOrEqual(atol);
      if (!training) continue;
      for (const [index, name] of ours) {
        const moved = outputs[`moving_after_one_training_forward/${index}`];
        if (moved) expect(relL2(valuesOf(stats[name]!), stored(moved).data)).toBeLessThan(1e-5);
      }
    }

    const names = Object.keys(initial.params);
    const loss = (input: TensorFlow.Tensor, ...values: TensorFlow.Tensor[]) => {
      const current = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
      return tf.sum(
        tf.mul(applyHead(config, current, variables, input, { training: true }).z, cotangent),
      ) as TensorFlow.Scalar;
    };
    const [inputGradient, ...gradients] = tf.grads(loss)([
      x,
      ...names.map((name) => variables[name]!),
    ]) as TensorFlow.Tensor[];
    const limit = (tolerance.gradients as { relL2: number }).relL2;
    expect(relL2(valuesOf(inputGradient!), stored(outputs.grad_input).data)).toBeLessThan(limit);
    for (const [index, name] of ours) {
      const expected = outputs[`grad/${index}`];
      if (expected)
        expect(relL2(valuesOf(gradients[names.indexOf(name)]!), stored(expected).data), name).toBeLessThan(limit);
    }
  });

  it('linear is one layer without ReLU, none the identity', () => {
    const x = tf.ones([3, 8]);
    expect(Object.keys(initHead({ kind: 'linear', layers: 2, outDim: 4 }, 8, 0).params)).toEqual([
      'head/layer1/kernel',
      'head/layer1/bn/gamma',
    ]);
    const none: HeadConfig = { kind: 'none', layers: 2, outDim: 4 };
    expect(initHead(none, 8, 0).params).toEqual({});
    expect(applyHead(none, {}, {}, x, { training: true }).z).toBe(x);
  });
});

describe('supervised head against the reference', () => {
  it('gives its logits, loss and gradients', () => {
    const goldenCase = cases.find((c) => c.name === 'supervised_head')!;
    const { inputs, outputs, tolerance } = goldenCase;
    const { tree } = ruleVariables(goldenCase, Object.keys(initSupervisedHead(10, 64, undefined).params));
    const stored = (spec: unknown) => tensors[(spec as { tensor: string }).tensor]!;
    const { x, labels } = toTensors({ x: stored(inputs.x), labels: stored(inputs.labels) });
    const { rtol, atol } = tolerance as { rtol: number; atol: number };
    const within = (actual: TensorFlow.Tensor, expected: ArrayLike<number>) =>
      expect(excess(valuesOf(actual), expected, rtol)).toBeLessThanOrEqual(atol);

    const { 'head_supervised/linear_layer/kernel': kernel, 'head_supervised/linear_layer/bias': bias } =
      toTensors(tree);
    const logits = (h: TensorFlow.Tensor, k: TensorFlow.Tensor, b: TensorFlow.Tensor) =>
      applySupervisedHead({ 'head_supervised/linear_layer/kernel': k, 'head_supervised/linear_layer/bias': b }, h);
    within(logits(x!, kernel!, bias!), stored(outputs.logits).data);
    const { value, grads } = tf.valueAndGrads((h, k, b) => crossEntropy(logits(h, k, b), labels!))([
      x!,
      kernel!,
      bias!,
    ]);
    within(value, [outputs.loss as number]);
    within(grads[0]!, stored(outputs.grad_input).data);
    within(grads[1]!, stored(outputs['grad/0']).data);
    within(grads[2]!, stored(outputs['grad/1']).data);
  });

  it('draws its kernel from N(0, 0.01²), or starts at zero without a seed', () => {
    const { params } = initSupervisedHead(10, 4000, 1);
    const { data } = params['head_supervised/linear_layer/kernel']!;
    const std = Math.sqrt([...data].reduce((sum, v) => sum + v * v, 0) / data.length);
    expect(Math.abs(std / 0.01 - 1)).toBeLessThan(0.02);
    expect([...params['head_supervised/linear_layer/bias']!.data].every((v) => v === 0)).toBe(true);
    const zero = initSupervisedHead(10, 4, undefined).params['head_supervised/linear_layer/kernel']!;
    expect([...zero.data].every((v) => v === 0)).toBe(true);
  });
});
