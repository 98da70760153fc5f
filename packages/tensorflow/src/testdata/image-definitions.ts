// Small functions over images, for the tests of the ONNX export.
import { conv2d, maxPool, relu, type StepDefinition, type TensorFlow, tf } from '../index.ts';

type Images = TensorFlow.Tensor4D;

/** [n, 7, 5, 4] → padding of every kind, on odd sizes, where SAME is not symmetric. */
export function windows(): StepDefinition {
  return {
    state: {
      kernel: { shape: [3, 2, 4, 6], dtype: 'float32' },
      grouped: { shape: [2, 3, 2, 6], dtype: 'float32' },
    },
    inputs: { images: { shape: [null, 7, 5, 4], dtype: 'float32' } },
    step({ kernel, grouped }, { images }) {
      const x = images as Images;
      const around = (before: number, after: number, value = 0) =>
        tf.pad(x, [[0, 0], [before, after], [after, before], [0, 0]], value) as Images;
      return {
        outputs: {
          same: conv2d(x, kernel!, { stride: 2 }),
          valid: conv2d(x, kernel!, { padding: 'valid' }),
          explicit: conv2d(x, kernel!, { stride: 2, padding: [0, 2] }),
          grouped: conv2d(x, grouped!),
          sameOfPadded: conv2d(around(1, 0), kernel!, { stride: 2 }),
          max: maxPool(x, 3, 2),
          // Zeros take part in this maximum: they must stay a node of their own.
          maxOfPadded: tf.maxPool(around(1, 1), 2, 1, 'valid'),
          meanSame: tf.avgPool(x, 2, 2, 'same'),
          meanOfPadded: tf.avgPool(around(0, 1), 2, 2, 'valid'),
          meanOfOnes: tf.avgPool(around(0, 1, 1), 2, 2, 'valid'),
          meanOfWider: tf.avgPool(tf.pad(x, [[0, 0], [0, 1], [0, 0], [1, 0]]) as Images, 2, 2, 'valid'),
        },
      };
    },
  };
}

/** [n, 4, 3, 6] → broadcasts, softmax, splits, means and shapes, of four axes and of fewer. */
export function shapes(): StepDefinition {
  return {
    state: {
      scale: { shape: [6], dtype: 'float32' },
      map: { shape: [4, 3, 1], dtype: 'float32' },
      dense: { shape: [6, 5], dtype: 'float32' },
    },
    inputs: {
      images: { shape: [null, 4, 3, 6], dtype: 'float32' },
      rows: { shape: [null, 6], dtype: 'float32' },
    },
    step({ scale, map, dense }, { images, rows }) {
      const x = images as Images;
      const [left, right] = tf.split(tf.sub(tf.mul(x, scale!), map!), [2, 4], 3) as [Images, Images];
      const [top] = tf.split(x, 2, 1);
      const features = tf.mean(relu(x), [1, 2]) as TensorFlow.Tensor2D;
      const logits = tf.matMul(tf.add(features, rows!) as TensorFlow.Tensor2D, dense as TensorFlow.Tensor2D);
      return {
        outputs: {
          left,
          right: tf.sigmoid(tf.div(right, 3)),
          top: top!,
          gate: tf.softmax(tf.mean(x, [1, 2], true)),
          overChannels: tf.mean(x, 3),
          logits: tf.softmax(logits),
          flat: tf.reshape(x, [x.shape[0], 72]),
          folded: tf.reshape(tf.reshape(x, [x.shape[0], 72]), [x.shape[0], 6, 4, 3]),
          whole: tf.cast(tf.cast(tf.mul(rows!, 10), 'int32'), 'float32'),
          constant: tf.square(scale!),
          stacked: tf.stack([scale!, scale!]),
          joined: tf.concat([scale!, scale!]),
          squares: tf.matMul(rows as TensorFlow.Tensor2D, rows as TensorFlow.Tensor2D, true, false),
        },
      };
    },
  };
}

/** What an export refuses, by name. */
export function refused({ kind }: { kind: string }): StepDefinition {
  const steps: Record<string, (x: Images) => TensorFlow.Tensor> = {
    op: (x) => tf.tanh(x),
    axes: (x) => tf.mean(x, [1]),
    kernel: (x) => conv2d(x, tf.reshape(tf.mean(x, [0, 1, 2]), [1, 1, 3, 1])),
    broadcast: (x) => tf.add(x, tf.mean(x, [0, 1, 2])),
  };
  return {
    state: {},
    inputs: { x: { shape: [null, 2, 2, 3], dtype: 'float32' } },
    step: (_, { x }) => ({ outputs: { [kind === 'name' ? 'x' : 'y']: (steps[kind] ?? relu)(x as Images) } }),
  };
}
