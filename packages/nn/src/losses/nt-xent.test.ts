import { type TensorFlow, tf } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { excess, golden, relL2, toTensors, valuesOf } from '../testdata/golden.ts';
import { ntXent } from './nt-xent.ts';

const { cases, tensors } = golden('objective');

describe('NT-Xent against the reference', () => {
  it.each(cases.map((c) => [c.name, c] as const))('%s', (_, { params, inputs, outputs, tolerance }) => {
    const config = {
      temperature: params.temperature as number,
      normalize: params.hidden_norm as boolean,
      scale: 'reference' as const,
    };
    const hidden = toTensors({ hidden: tensors[(inputs.hidden as { tensor: string }).tensor]! }).hidden!;
    const limits = tolerance as Record<string, { rtol?: number; atol?: number; relL2?: number }>;
    const within = (name: string, actual: ArrayLike<number>, expected: ArrayLike<number>) => {
      const { rtol = 0, atol = 0, relL2: relative } = limits[name]!;
      if (relative !== undefined && relL2(actual, expected) <= relative) return;
      expect(excess(actual, expected, rtol), name).toBeLessThanOrEqual(atol);
    };
    const result = ntXent(hidden, config);
    within('loss', valuesOf(result.loss), [(outputs.loss_float64 ?? outputs.loss) as number]);
    const stored = (name: string) => tensors[(outputs[name] as { tensor: string }).tensor]!.data;
    within('logits_ab', valuesOf(result.logitsAB), stored('logits_ab'));
    if (limits.contrast_acc) within('contrast_acc', valuesOf(result.contrastAcc), [outputs.contrast_acc as number]);
    within('contrast_entropy', valuesOf(result.contrastEntropy), [outputs.contrast_entropy as number]);
    const gradient = tf.grad((z: TensorFlow.Tensor) => ntXent(z, config).loss)(hidden);
    within('grad_hidden', valuesOf(gradient), stored('grad_hidden'));
    expect(valuesOf(ntXent(hidden, { ...config, scale: 'paper' }).loss)[0]! * 2).toBeCloseTo(
      valuesOf(result.loss)[0]!,
      4,
    );
  });

  it.each([
    [1, 1.16542218],
    [0.5, 0.594437664],
    [0.1, 0.000272362],
  ])('orthogonal pairs at temperature %d', (temperature, expected) => {
    // ln(e^(1/t) + 2N − 2) − 1/t for N orthonormal pairs (reference/simclr.md 5.2).
    const pairs = tf.concat([tf.eye(4), tf.eye(4)]);
    const loss = valuesOf(ntXent(pairs, { temperature, normalize: true, scale: 'paper' }).loss)[0]!;
    expect(Math.abs(loss - expected)).toBeLessThan(2e-6);
  });
});
