import { type TensorFlow, tf } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { applyHead, type HeadConfig, initHead } from './heads.ts';
import { creationOrder, excess, golden, relL2, ruleVariables, toTensors, valuesOf } from './testdata/golden.ts';

const { cases, tensors } = golden('heads');

describe('projection head against the reference', () => {
  it.each(cases.map((c) => [c.name, c] as const))('%s', (_, goldenCase) => {
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
      const { hidden, z, stats } = applyHead(config, variables, variables, x, training);
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
      return tf.sum(tf.mul(applyHead(config, current, variables, input, true).z, cotangent)) as TensorFlow.Scalar;
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
    expect(applyHead(none, {}, {}, x, true).z).toBe(x);
  });
});
