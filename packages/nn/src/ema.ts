import { type Tensors, type Tree, tf } from '@simclr/tensorflow';

/** Name of a variable's moving average in a train step's state. */
export const emaName = (name: string): string => `${name}/ema`;

/** The averages at step 0: the variables themselves. */
export const initEma = (variables: Tree): Tree =>
  Object.fromEntries(Object.entries(variables).map(([name, tensor]) => [emaName(name), tensor]));

/**
 * ema' = decay · ema + (1 − decay) · w', for every variable of `updated`.
 *
 * @param averages by `emaName`
 * @param updated new variables, batch norm's moving statistics among them
 */
export function updateEma(averages: Tensors, updated: Tensors, decay: number): Tensors {
  return Object.fromEntries(
    Object.entries(updated).map(([name, value]) => {
      const old = averages[emaName(name)]!;
      return [emaName(name), tf.add(tf.mul(old, decay), tf.mul(value, 1 - decay))];
    }),
  );
}
