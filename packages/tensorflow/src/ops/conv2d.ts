import { type TensorFlow, tf } from '../load.ts';
import { attrs, rawOp } from './raw.ts';

type Tensor = TensorFlow.Tensor;

export interface Conv2dOptions {
  /** Default 1. */
  stride?: number;
  /**
   * `same` and `valid` as in TensorFlow; [before, after] pads both spatial axes by so much and then convolves `valid`
   * (the reference's fixed_padding). Never TensorFlow's EXPLICIT: its gradients fall off oneDNN, 2.3 times slower.
   */
  padding?: 'same' | 'valid' | readonly [number, number];
  /** false where the gradient of `x` is not wanted: the first layer of a network. Default true. */
  inputGradient?: boolean;
}

/**
 * 2-D convolution with TensorFlow's own gradient kernels.
 *
 * @param x [n, h, w, cIn]
 * @param kernel [kh, kw, cIn, cOut] (HWIO)
 * @returns [n, h', w', cOut]
 */
export function conv2d(
  x: Tensor,
  kernel: Tensor,
  { stride = 1, padding = 'same', inputGradient = true }: Conv2dOptions = {},
): Tensor {
  const explicit = typeof padding !== 'string';
  const source = explicit ? tf.pad(x, [[0, 0], [...padding], [...padding], [0, 0]]) : x;
  const attributes = () =>
    attrs({
      strides: [1, stride, stride, 1],
      padding: explicit || padding === 'valid' ? 'VALID' : 'SAME',
      data_format: 'NHWC',
      dilations: [1, 1, 1, 1],
      use_cudnn_on_gpu: true,
    });
  const run = tf.customGrad((input, weights, save) => {
    const [a, w] = [input as Tensor, weights as Tensor];
    (save as (tensors: Tensor[]) => void)([a, w]);
    return {
      value: rawOp('Conv2D', attributes(), [a, w], 1)[0]!,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [sx, sw] = saved as [Tensor, Tensor];
        const dx = inputGradient
          ? rawOp('Conv2DBackpropInput', attributes(), [tf.tensor1d(sx.shape, 'int32'), sw, dy], 1)[0]!
          : tf.zerosLike(sx);
        return [dx, rawOp('Conv2DBackpropFilter', attributes(), [sx, tf.tensor1d(sw.shape, 'int32'), dy], 1)[0]!];
      },
    };
  });
  return run(source, kernel);
}
