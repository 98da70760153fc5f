import { type TensorFlow, tf } from '@simclr/tensorflow';

type Tensor = TensorFlow.Tensor;
type Images = TensorFlow.Tensor4D;

/**
 * Correlates each image with kernels of its own, one after the other, zeros outside: one depthwise convolution over the
 * channels of all images.
 * @param kernels each [n, odd, odd]
 */
function filterEach(x: Images, kernels: readonly Tensor[]): Images {
  const [n, channels, height, width] = x.shape;
  let lines = tf.reshape(tf.transpose(x, [2, 3, 0, 1]), [1, height, width, n * channels]) as Images;
  for (const kernel of kernels) {
    const [, rows, columns] = kernel.shape as [number, number, number];
    const each = tf.reshape(tf.transpose(kernel, [1, 2, 0]), [rows, columns, n, 1]);
    const filter = tf.reshape(tf.tile(each, [1, 1, 1, channels]), [rows, columns, n * channels, 1]);
    lines = tf.depthwiseConv2d(lines, filter as Images, 1, 'same');
  }
  return tf.transpose(tf.reshape(lines, [height, width, n, channels]), [2, 3, 0, 1]) as Images;
}

const clip = (x: Images): Images => tf.clipByValue(x, 0, 1);

/**
 * Gaussian blur, horizontal, then vertical.
 * @param taps [n, 2·radius + 1]
 */
export function blur(x: Images, taps: TensorFlow.Tensor2D): Images {
  return filterEach(clip(x), [tf.reshape(taps, [-1, 1, taps.shape[1]]), tf.reshape(taps, [-1, taps.shape[1], 1])]);
}

/** @param kernels [n, side²] */
export function motionBlur(x: Images, kernels: TensorFlow.Tensor2D, side: number): Images {
  return filterEach(clip(x), [tf.reshape(kernels, [-1, side, side])]);
}

/** What lies before (−1) or after (1) each position along an axis, the border mirrored. */
function neighbour(x: Images, axis: 2 | 3, side: -1 | 1): Images {
  const length = x.shape[axis];
  if (length === 1) return x;
  const part = (from: number, count: number) => {
    const [begin, size] = [[0, 0, 0, 0], [...x.shape]];
    begin[axis] = from;
    size[axis] = count;
    return tf.slice(x, begin as [number, number, number, number], size as [number, number, number, number]);
  };
  if (side === -1) return tf.concat([part(1, 1), part(0, length - 1)], axis);
  return tf.concat([part(1, length - 1), part(length - 2, 1)], axis);
}

/** Length of the gradient of each channel (ops/sobel.ts). */
export function sobel(x: Images): Images {
  const clipped = clip(x);
  // The kernels are products: a difference along one axis, 1 2 1 along the other.
  const change = (image: Images, axis: 2 | 3) =>
    tf.sub(neighbour(image, axis, 1), neighbour(image, axis, -1)) as Images;
  const smooth = (image: Images, axis: 2 | 3) =>
    tf.add(tf.add(neighbour(image, axis, -1), neighbour(image, axis, 1)), tf.mul(image, 2)) as Images;
  const down = smooth(change(clipped, 2), 3);
  const across = smooth(change(clipped, 3), 2);
  return clip(tf.sqrt(tf.add(tf.square(down), tf.square(across))) as Images);
}
