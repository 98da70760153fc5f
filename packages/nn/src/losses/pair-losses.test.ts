import { type TensorFlow, tf } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { excess, golden, toTensors, valuesOf } from '../testdata/golden.ts';
import { l2Normalize } from './l2-normalize.ts';
import { marginTriplet } from './margin-triplet.ts';
import { mineNegatives, type NegativesConfig, type PairLoss } from './negatives.ts';
import { ntLogistic } from './nt-logistic.ts';
import { contrastiveLoss, type ObjectiveConfig } from './objective.ts';

const { cases, tensors } = golden('objective-other');
const stored = (spec: unknown) => tensors[(spec as { tensor: string }).tensor]!;

describe('NT-Logistic and margin triplet against float64', () => {
  it('have all 80 cases', () => {
    expect(cases).toHaveLength(80);
  });

  it.each(cases.map((c) => [c.name, c] as const))('%s', (_, { params, inputs, outputs, tolerance }) => {
    const { loss, temperature, margin } = params as { loss: string; temperature: number; margin: number };
    const negatives = params as unknown as NegativesConfig;
    const hidden = toTensors({ hidden: stored(inputs.hidden) }).hidden!;
    const compute = (z: TensorFlow.Tensor): PairLoss =>
      loss === 'margin' ? marginTriplet(z, { ...negatives, margin }) : ntLogistic(z, { ...negatives, temperature });
    const { rtol, atol } = tolerance.float32 as { rtol: number; atol: number };
    const within = (name: string, actual: TensorFlow.Tensor, expected: ArrayLike<number>) =>
      expect(excess(valuesOf(actual), expected, rtol), name).toBeLessThanOrEqual(atol);

    const result = compute(hidden);
    within('loss', result.loss, [outputs.loss as number]);
    within('per_anchor', result.perAnchor, stored(outputs.per_anchor).data);
    within('grad_hidden', tf.grad((z: TensorFlow.Tensor) => compute(z).loss)(hidden), stored(outputs.grad_hidden).data);

    const [a, b] = tf.split(l2Normalize(hidden), 2) as [TensorFlow.Tensor2D, TensorFlow.Tensor2D];
    const ab = tf.matMul(a, b, false, true);
    const matrices = negatives.direction === 'both' ? [ab, tf.transpose(ab)] : [ab];
    const weights = tf.concat(
      matrices.map((s) => mineNegatives(s, negatives.mining, loss === 'margin' ? margin : undefined)),
    );
    if (outputs.selected) {
      const used = valuesOf(tf.sum(weights, 1));
      const chosen = [...valuesOf(tf.argMax(weights, 1))].map((column, i) => (used[i] === 0 ? -1 : column));
      expect(chosen).toEqual([...stored(outputs.selected).data]);
    } else expect([...valuesOf(tf.sum(weights, 1))]).toEqual(outputs.used_negatives);
  });
});

describe('contrastiveLoss', () => {
  const hidden = () =>
    tf.tensor2d(
      Array.from({ length: 12 * 5 }, (_, i) => Math.sin(1 + i * i)),
      [12, 5],
    );
  const value = (config: ObjectiveConfig) => valuesOf(contrastiveLoss(hidden(), config).loss)[0]!;
  const direct = { mining: 'semihard_hardest', reduction: 'sum', direction: 'both' } as const;

  it('is the loss that `kind` names, in both directions', () => {
    expect(value({ kind: 'margin_triplet', margin: 0.8, semiHard: true, reduction: 'mean' })).toBe(
      valuesOf(marginTriplet(hidden(), { margin: 0.8, ...direct }).loss)[0],
    );
    expect(value({ kind: 'nt_logistic', temperature: 0.5, semiHard: false, reduction: 'mean' })).toBe(
      valuesOf(ntLogistic(hidden(), { temperature: 0.5, ...direct, mining: 'none', reduction: 'mean' }).loss)[0],
    );
    const ntXent = { temperature: 0.5, normalize: true, scale: 'paper' } as const;
    expect(value({ kind: 'nt_xent', ...ntXent })).toBe(value(ntXent));
  });

  it('has the same accuracy for every kind, and the entropy at its temperature', () => {
    const of = (config: ObjectiveConfig) => contrastiveLoss(hidden(), config);
    const pair = { semiHard: true, reduction: 'sum' } as const;
    const ntXent = of({ temperature: 0.5, normalize: true, scale: 'paper' });
    const logistic = of({ kind: 'nt_logistic', temperature: 0.5, ...pair });
    const triplet = of({ kind: 'margin_triplet', margin: 0.4, ...pair });
    expect(valuesOf(logistic.contrastAcc)).toEqual(valuesOf(ntXent.contrastAcc));
    expect(valuesOf(triplet.contrastAcc)).toEqual(valuesOf(ntXent.contrastAcc));
    expect(valuesOf(logistic.contrastEntropy)[0]).toBeCloseTo(valuesOf(ntXent.contrastEntropy)[0]!, 5);
    const atOne = of({ temperature: 1, normalize: true, scale: 'paper' });
    expect(valuesOf(triplet.contrastEntropy)[0]).toBeCloseTo(valuesOf(atOne.contrastEntropy)[0]!, 5);
  });
});
