import { tf } from '@simclr/tensorflow';
import { momentumSlot, momentumSlots, type Optimizer } from './optimizer.ts';
import { decayedGradient } from './weight-decay.ts';

export interface SgdConfig {
  momentum: number;
  /** L2: added to the gradient of all but batch norm's scale and offset. */
  weightDecay: number;
  /** w' = w − lr·(m·v' + g). Default false; the reference's optimizer `momentum` sets it. */
  useNesterov?: boolean;
}

/**
 * SGD with momentum: v' = m·v + g, w' = w − lr·v'. The learning rate is outside the velocity, as in TensorFlow's kernel
 * and in PyTorch (Keras has it inside: the same at a constant rate). Written so that the engine makes it one in-place op.
 */
export function sgd({ momentum, weightDecay, useNesterov = false }: SgdConfig): Optimizer {
  return {
    slots: momentumSlots,
    update(params, gradients, slots, learningRate) {
      return Object.fromEntries(
        Object.entries(params).flatMap(([name, w]) => {
          const g = decayedGradient('sgd', name, w, gradients[name]!, weightDecay);
          const slot = momentumSlot(name);
          const v = tf.add(tf.mul(slots[slot]!, momentum), g);
          const step = useNesterov ? tf.add(tf.mul(v, momentum), g) : v;
          return [
            [name, tf.sub(w, tf.mul(step, learningRate))],
            [slot, v],
          ];
        }),
      );
    },
  };
}
