import { type TensorFlow, tf } from '@simclr/tensorflow';

type Tensor = TensorFlow.Tensor;

/** x, as a constant for the gradient (the reference's sg). */
export const stopGradient = tf.customGrad((x, save) => {
  (save as (tensors: Tensor[]) => void)([x as Tensor]);
  return { value: tf.clone(x as Tensor), gradFunc: (_: Tensor, saved: Tensor[]) => tf.zerosLike(saved[0]!) };
}) as (x: Tensor) => Tensor;
