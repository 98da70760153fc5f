import type { TensorFlow, TensorSpec, Tensors } from '@simclr/tensorflow';

/**
 * An optimizer as pure functions: `slots` says what it keeps beside the parameters (all zero at step 0), `update` gives
 * the new parameters and slots. The learning rate is a tensor, an input of the step: a number would be frozen in the
 * compiled graph.
 */
export interface Optimizer {
  slots(params: Record<string, TensorSpec>): Record<string, TensorSpec>;
  /** @returns the new parameters and slots, by name */
  update(params: Tensors, gradients: Tensors, slots: Tensors, learningRate: TensorFlow.Tensor): Tensors;
}

/** Name of a parameter's momentum slot, as in the reference's checkpoints. */
export const momentumSlot = (name: string): string => `${name}/Momentum`;

export function momentumSlots(params: Record<string, TensorSpec>): Record<string, TensorSpec> {
  return Object.fromEntries(
    Object.entries(params).map(([name, { shape, dtype }]) => [momentumSlot(name), { shape, dtype }]),
  );
}
