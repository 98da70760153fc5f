import { type TensorFlow, tf } from '@simclr/tensorflow';
import { momentumSlot, momentumSlots, type Optimizer } from './optimizer.ts';
import { isExcluded } from './weight-decay.ts';

type Tensor = TensorFlow.Tensor;

export interface LarsConfig {
  momentum: number;
  weightDecay: number;
  /** Trust coefficient; the reference's 0.001 by default. */
  eeta?: number;
  /** The reference's default: the learning rate is inside the velocity. Otherwise outside ("popular"). */
  classicMomentum?: boolean;
  useNesterov?: boolean;
  /** Which parameters are neither decayed nor adapted, by name; default: batch norm, biases, the supervised head. */
  excluded?: (name: string) => boolean;
}

/** η‖w‖/‖g‖, or 1 where either is zero. */
function trustRatio(eeta: number, w: Tensor, g: Tensor): Tensor {
  const [wNorm, gNorm] = [tf.sqrt(tf.sum(tf.square(w))), tf.sqrt(tf.sum(tf.square(g)))];
  const both = tf.logicalAnd(tf.greater(wNorm, 0), tf.greater(gNorm, 0));
  return tf.where(both, tf.div(tf.mul(wNorm, eeta), tf.where(both, gNorm, tf.onesLike(gNorm))), tf.onesLike(wNorm));
}

/**
 * LARS as in tf2/lars_optimizer.py: the gradient's norm is taken after weight decay; no epsilon, no clipping; excluded
 * parameters get plain momentum with the full learning rate.
 */
export function lars({
  momentum,
  weightDecay,
  eeta = 0.001,
  classicMomentum = true,
  useNesterov = false,
  excluded = isExcluded,
}: LarsConfig): Optimizer {
  return {
    slots: momentumSlots,
    update(params, gradients, slots, learningRate) {
      return Object.fromEntries(
        Object.entries(params).flatMap(([name, w]) => {
          const adapts = !excluded(name);
          const g = weightDecay > 0 && adapts ? tf.add(gradients[name]!, tf.mul(w, weightDecay)) : gradients[name]!;
          const slot = momentumSlot(name);
          const decayed = tf.mul(slots[slot]!, momentum);
          let v: Tensor;
          let next: Tensor;
          if (classicMomentum) {
            const rate = adapts ? tf.mul(learningRate, trustRatio(eeta, w, g)) : learningRate;
            const scaled = tf.mul(g, rate);
            v = tf.add(decayed, scaled);
            next = tf.sub(w, useNesterov ? tf.add(tf.mul(v, momentum), scaled) : v);
          } else {
            v = tf.add(decayed, g);
            const update = useNesterov ? tf.add(tf.mul(v, momentum), g) : v;
            const rate = adapts ? tf.mul(learningRate, trustRatio(eeta, w, update)) : learningRate;
            next = tf.sub(w, tf.mul(update, rate));
          }
          return [
            [name, next],
            [slot, v],
          ];
        }),
      );
    },
  };
}
