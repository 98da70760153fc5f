import { tf } from '@simclr/tensorflow';
import { isExcluded, momentumSlot, momentumSlots, type Optimizer } from './optimizer.ts';

export interface SgdConfig {
  momentum: number;
  /** L2: added to the gradient, not to batch norm's scale and offset nor to biases. */
  weightDecay: number;
}

/** SGD with momentum: v' = m·v + g, w' = w − lr·v'. Written so that the engine makes it one in-place op. */
export function sgd({ momentum, weightDecay }: SgdConfig): Optimizer {
  return {
    slots: momentumSlots,
    update(params, gradients, slots, learningRate) {
      return Object.fromEntries(
        Object.entries(params).flatMap(([name, w]) => {
          const decays = weightDecay > 0 && !isExcluded(name);
          const g = decays ? tf.add(gradients[name]!, tf.mul(w, weightDecay)) : gradients[name]!;
          const slot = momentumSlot(name);
          const v = tf.add(tf.mul(slots[slot]!, momentum), g);
          return [
            [name, tf.sub(w, tf.mul(v, learningRate))],
            [slot, v],
          ];
        }),
      );
    },
  };
}
