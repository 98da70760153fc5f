import { selectRows, type TensorFlow, tf } from '@simclr/tensorflow';

type Tensor = TensorFlow.Tensor;
type Images = TensorFlow.Tensor4D;

/** Mirrors the columns. */
export const flip = (x: Images): Images => tf.reverse(x, 3);

/**
 * Turns square images counter-clockwise.
 * @param quarters [n, 1]
 */
export function rotate(x: Images, quarters: TensorFlow.Tensor2D): Images {
  const turns = tf.reshape(quarters, [-1]);
  const among = (a: number, b: number) => tf.logicalOr(tf.equal(turns, a), tf.equal(turns, b));
  // A quarter is a transposition and rows mirrored, half a turn both mirrored, three quarters a transposition and columns.
  const transposed = selectRows(among(1, 3), tf.transpose(x, [0, 1, 3, 2]), x);
  const rows = selectRows(among(1, 2), tf.reverse(transposed, 2), transposed);
  return selectRows(among(2, 3), tf.reverse(rows, 3), rows) as Images;
}

/**
 * Blackens a square (ops/cutout.ts).
 * @param centre row and column, [n, 2]
 * @param length of its side, px
 */
export function cutout(x: Images, centre: TensorFlow.Tensor2D, length: number): Images {
  const [, , height, width] = x.shape;
  const half = Math.floor(length / 2);
  const [row, column] = tf.split(centre, 2, 1) as [Tensor, Tensor];
  const covered = (at: Tensor, size: number): Tensor => {
    const away = tf.sub(tf.reshape(tf.range(0, size), [1, size]), at);
    return tf.cast(tf.logicalAnd(tf.greaterEqual(away, -half), tf.less(away, half)), 'float32');
  };
  const [down, across] = [covered(row, height), covered(column, width)];
  const square = tf.mul(tf.reshape(down, [-1, 1, height, 1]), tf.reshape(across, [-1, 1, 1, width]));
  return tf.mul(x, tf.sub(1, square));
}
