import { type TensorFlow, type TensorSpec, tf } from '@simclr/tensorflow';
import type { Optimizer } from './optimizer.ts';
import { decayedGradient } from './weight-decay.ts';

export interface AdamConfig {
  /** L2: added to the gradient of all but batch norm's scale and offset (not AdamW's decoupled decay). */
  weightDecay: number;
}

/** Keras's defaults, which the reference takes. */
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-7;

/** 1 − β^t, kept as the moving average of 1: exact where β^t is near 1, and no step number goes into the graph. */
const CORRECTION1 = 'adam/correction1';
const CORRECTION2 = 'adam/correction2';

const average = (old: TensorFlow.Tensor, value: TensorFlow.Tensor, beta: number): TensorFlow.Tensor =>
  tf.add(tf.mul(old, beta), tf.mul(value, 1 - beta));

/**
 * Adam (Kingma & Ba 2015) as Keras has it: m and v are moving averages of g and g²,
 * w' = w − lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ) · m'/(√v' + ε). Slots `<name>/m` and `<name>/v`, as in the reference's checkpoints.
 */
export function adam({ weightDecay }: AdamConfig): Optimizer {
  return {
    slots(params) {
      const moments = Object.entries(params).flatMap(([name, { shape, dtype }]) => [
        [`${name}/m`, { shape, dtype }] as const,
        [`${name}/v`, { shape, dtype }] as const,
      ]);
      const scalar: TensorSpec = { shape: [], dtype: 'float32' };
      return { ...Object.fromEntries(moments), [CORRECTION1]: scalar, [CORRECTION2]: scalar };
    },
    update(params, gradients, slots, learningRate) {
      const one = tf.scalar(1);
      const correction1 = average(slots[CORRECTION1]!, one, BETA1);
      const correction2 = average(slots[CORRECTION2]!, one, BETA2);
      const rate = tf.div(tf.mul(learningRate, tf.sqrt(correction2)), correction1);
      const updated = Object.entries(params).flatMap(([name, w]) => {
        const g = decayedGradient('adam', name, w, gradients[name]!, weightDecay);
        const m = average(slots[`${name}/m`]!, g, BETA1);
        const v = average(slots[`${name}/v`]!, tf.square(g), BETA2);
        return [
          [name, tf.sub(w, tf.mul(rate, tf.div(m, tf.add(tf.sqrt(v), EPSILON))))] as const,
          [`${name}/m`, m] as const,
          [`${name}/v`, v] as const,
        ];
      });
      return { ...Object.fromEntries(updated), [CORRECTION1]: correction1, [CORRECTION2]: correction2 };
    },
  };
}
