import { type TensorFlow, type Tensors, tf } from '@simclr/tensorflow';

/** Those of `names`, in that order. */
export const pick = (tensors: Tensors, names: readonly string[]): Tensors =>
  Object.fromEntries(names.map((name) => [name, tensors[name]!]));

/**
 * A loss's gradients by parameter, and what else its computation gives.
 *
 * @param compute from the parameters to a scalar loss, and `aux`: tensors without gradient
 */
export function gradientsOf(
  params: Tensors,
  compute: (params: Tensors) => { loss: TensorFlow.Tensor; aux: Tensors },
): { gradients: Tensors; aux: Tensors } {
  const names = Object.keys(params);
  let aux: Tensors = {};
  const loss = (...values: TensorFlow.Tensor[]): TensorFlow.Scalar => {
    const result = compute(Object.fromEntries(names.map((name, i) => [name, values[i]!])));
    for (const tensor of Object.values(result.aux)) tf.keep(tensor);
    aux = result.aux;
    return result.loss as TensorFlow.Scalar;
  };
  const { grads } = tf.valueAndGrads(loss)(Object.values(params));
  return { gradients: Object.fromEntries(names.map((name, i) => [name, grads[i]!])), aux };
}

/** ‖g‖₂ over all tensors. */
export const globalNorm = (gradients: Tensors): TensorFlow.Scalar =>
  tf.sqrt(tf.addN(Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)))));
