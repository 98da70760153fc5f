import { type TensorFlow, tf } from '@simclr/tensorflow';

export type OptimizerName = 'lars' | 'sgd' | 'adam';

const BATCH_NORM = /\/bn\d*\/|batch_normalization/;
const BIAS = /bias/;
const SUPERVISED_HEAD = /head_supervised/;

/**
 * Of batch norm, biases and the supervised head LARS itself decays and adapts nothing (tf2/model.py build_optimizer,
 * exclude_from_weight_decay).
 */
export const isExcluded = (name: string): boolean =>
  BATCH_NORM.test(name) || BIAS.test(name) || SUPERVISED_HEAD.test(name);

/**
 * Whether the reference decays a parameter through the loss, by weightDecay/2 · ‖w‖² (tf2/model.py add_weight_decay).
 * LARS, which decays the rest by itself: kernels of the supervised head. SGD and Adam: all but batch norm, biases
 * included.
 */
export function decaysInLoss(optimizer: OptimizerName, name: string): boolean {
  return optimizer === 'lars' ? SUPERVISED_HEAD.test(name) && !BIAS.test(name) : !BATCH_NORM.test(name);
}

/**
 * Gradient of the loss and of its weight-decay term for one parameter.
 * @param weightDecay a scalar, where it is an input of the step
 */
export function decayedGradient(
  optimizer: OptimizerName,
  name: string,
  w: TensorFlow.Tensor,
  gradient: TensorFlow.Tensor,
  weightDecay: number | TensorFlow.Tensor,
): TensorFlow.Tensor {
  return weightDecay !== 0 && decaysInLoss(optimizer, name) ? tf.add(gradient, tf.mul(w, weightDecay)) : gradient;
}
