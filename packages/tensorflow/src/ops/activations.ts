import { type TensorFlow, tf } from '../load.ts';
import { attrs, rawOp } from './raw.ts';

type Tensor = TensorFlow.Tensor;

/** max(x, 0) with TensorFlow's one-op gradient; tfjs multiplies by a mask that it casts first. */
export const relu = tf.customGrad((x, save) => {
  const y = rawOp('Relu', attrs({}), [x as Tensor], 1)[0]!;
  (save as (tensors: Tensor[]) => void)([y]);
  return {
    value: y,
    gradFunc: (dy: Tensor, saved: Tensor[]) => [rawOp('ReluGrad', attrs({}), [dy, saved[0]!], 1)[0]!],
  };
}) as (x: Tensor) => Tensor;

/**
 * Max pooling, SAME padding as TensorFlow has it (on even sizes 0 before and 1 after).
 * @param x [n, h, w, c]
 */
export function maxPool(x: Tensor, size: number, stride: number): Tensor {
  const attributes = () =>
    attrs({ ksize: [1, size, size, 1], strides: [1, stride, stride, 1], padding: 'SAME', data_format: 'NHWC' });
  const run = tf.customGrad((input, save) => {
    const y = rawOp('MaxPool', attributes(), [input as Tensor], 1)[0]!;
    (save as (tensors: Tensor[]) => void)([input as Tensor, y]);
    return {
      value: y,
      gradFunc: (dy: Tensor, saved: Tensor[]) => [
        rawOp('MaxPoolGrad', attributes(), [saved[0]!, saved[1]!, dy], 1)[0]!,
      ],
    };
  });
  return run(x);
}
