import { countRows, lookUpRows, selectRows, type TensorFlow, tf } from '@simclr/tensorflow';

type Tensor = TensorFlow.Tensor;
type Images = TensorFlow.Tensor4D;

/** Inverts what is at or above the threshold. */
export function solarize(x: Images, threshold: number): Images {
  const clipped = tf.clipByValue(x, 0, 1);
  return tf.where(tf.greaterEqual(clipped, atLeast(threshold)), tf.sub(1, clipped), clipped);
}

/** The smallest float32 that is no smaller: float32 values are compared with the threshold as it is. */
function atLeast(value: number): number {
  const rounded = Math.fround(value);
  if (rounded >= value) return rounded;
  const bits = new Int32Array(Float32Array.of(rounded).buffer);
  bits[0]!++; // The next one: the value is positive.
  return new Float32Array(bits.buffer)[0]!;
}

/** ⌊255.999 v⌋ of v in [0, 1], exact: 256 v is, and what is left of it tells whether 0.001 v less changes the whole part. */
function levelsOf(x: Tensor): Tensor {
  const clipped = tf.clipByValue(x, 0, 1);
  const scaled = tf.mul(clipped, 256);
  const whole = tf.floor(scaled);
  const less = tf.less(tf.sub(scaled, whole), tf.mul(clipped, 0.001));
  return tf.cast(tf.sub(whole, tf.cast(less, 'float32')), 'int32');
}

/** Makes the histogram of each channel even, at 8 bits (ops/tone.ts). */
export function equalize(x: Images): Images {
  const [n, channels, height, width] = x.shape;
  const rows = tf.reshape(x, [n * channels, height * width]);
  const levels = levelsOf(rows);
  const counts = countRows(levels, 256);
  const below = tf.cumsum(counts, 1, true);
  // All but the highest level's; the half keeps the quotient off the whole numbers that rounding could pass.
  const others = tf.max(tf.mul(below, tf.cast(tf.greater(counts, 0), 'float32')), 1, true);
  const step = tf.floor(tf.div(tf.add(others, 0.5), 255));
  const evened = tf.floor(tf.div(tf.add(below, tf.floor(tf.div(step, 2))), tf.maximum(step, 1)));
  const table = tf.div(tf.minimum(evened, 255), 255);
  const even = lookUpRows(table, levels);
  // A channel of one level stays as it is.
  return tf.reshape(selectRows(tf.greater(tf.reshape(step, [-1]), 0), even, rows), x.shape);
}
