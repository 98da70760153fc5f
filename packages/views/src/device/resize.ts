import { type TensorFlow, tf } from '@simclr/tensorflow';
import type { ResizeKind } from '../crop.ts';
import { isWide } from '../ops/antialias.ts';
import { RESIZE_TABLE } from '../ops/resize.ts';

type Tensor = TensorFlow.Tensor;

/** Where a view lies along one axis of its image, px, and whether it is mirrored (1 or 0): each [n, 1, 1]. */
interface Span {
  start: Tensor;
  size: Tensor;
  mirrored?: Tensor;
}

/** The cubic convolution kernel with parameter a, of distances ≥ 0. */
function cubic(distance: Tensor, a: number): Tensor {
  const square = tf.mul(distance, distance);
  const near = tf.add(tf.mul(square, tf.sub(tf.mul(distance, a + 2), a + 3)), 1);
  // Factored, it is 0 from 2 on, and has no large terms that cancel.
  const left = tf.relu(tf.sub(2, distance));
  const far = tf.mul(tf.mul(tf.sub(distance, 1), a), tf.mul(left, left));
  return tf.where(tf.lessEqual(distance, 1), near, far);
}

const triangle = (distance: Tensor): Tensor => tf.relu(tf.sub(1, distance));

function kernelOf(kind: ResizeKind): (distance: Tensor) => Tensor {
  if (kind === 'bilinear' || kind === 'bilinear-antialias') return triangle;
  return (distance) => cubic(distance, kind === 'legacy' ? -0.75 : -0.5);
}

/** Positions 0, 1, … as [1, n, 1], or as [1, 1, n]. */
const positions = (n: number, axis: 1 | 2): Tensor => tf.reshape(tf.range(0, n), axis === 1 ? [1, n, 1] : [1, 1, n]);

const asNumber = (condition: Tensor): Tensor => tf.cast(condition, 'float32');

/**
 * One axis of a resize as a matrix for each view, [n, to, from]: its rows are the taps of `plainTaps` (ops/resize.ts),
 * or for antialiased ones of `wideTaps`. Sizes are whole numbers, so that the place of an output among the inputs, and with it
 * the entry of the table, is exact in single precision up to to · size = 2²³.
 */
function resizeMatrix({ start, size, mirrored }: Span, to: number, from: number, kind: ResizeKind): Tensor {
  const exact = isWide(kind) || kind === 'bilinear';
  const output = positions(to, 1);
  const at = mirrored ? tf.add(output, tf.mul(mirrored, tf.sub(to - 1, tf.mul(output, 2)))) : output;
  // The centre of the taps from the span's start on, times 2·to: half-pixel centres, or legacy's without the halves.
  const scaled = kind === 'legacy' ? tf.mul(tf.mul(at, 2), size) : tf.sub(tf.mul(tf.add(tf.mul(at, 2), 1), size), to);
  const whole = tf.floor(tf.div(scaled, 2 * to));
  const rest = tf.sub(scaled, tf.mul(whole, 2 * to));
  const fraction = exact
    ? tf.div(rest, 2 * to)
    : tf.div(tf.floor(tf.div(tf.add(tf.mul(rest, RESIZE_TABLE), to), 2 * to)), RESIZE_TABLE);
  const stretch = isWide(kind) ? tf.maximum(tf.div(size, to), 1) : undefined;
  /** The weight of a position, of which one may be beyond the span. */
  const weightOf = (position: Tensor): Tensor => {
    const distance = tf.abs(tf.sub(tf.sub(position, whole), fraction));
    return kernelOf(kind)(stretch ? tf.div(distance, stretch) : distance);
  };
  const position = tf.sub(positions(from, 2), start);
  const inside = asNumber(tf.logicalAnd(tf.greaterEqual(position, 0), tf.less(position, size)));
  const weight = tf.mul(weightOf(position), inside);
  // A span of nothing, as a trace has it, has no weight either.
  if (kind !== 'legacy') return tf.divNoNan(weight, tf.sum(weight, 2, true));
  // Taps outside fall on the border: one may lie before the span, two after.
  const before = tf.mul(asNumber(tf.equal(position, 0)), weightOf(tf.scalar(-1)));
  const last = asNumber(tf.equal(position, tf.sub(size, 1)));
  const after = tf.mul(last, tf.add(weightOf(size), weightOf(tf.add(size, 1))));
  return tf.add(weight, tf.add(before, after));
}

/** What a view shows of its image: columns [n, 5] as `CROP_COLUMNS` has them. */
export function cropAndResize(
  images: TensorFlow.Tensor4D,
  columns: TensorFlow.Tensor2D,
  [height, width]: readonly [number, number],
  kind: ResizeKind,
): TensorFlow.Tensor4D {
  const [, , imageHeight, imageWidth] = images.shape;
  const [y, x, rows, cols, mirrored] = tf.split(columns, 5, 1).map((column) => tf.reshape(column, [-1, 1, 1]));
  const vertical = resizeMatrix({ start: y!, size: rows! }, height, imageHeight, kind);
  const horizontal = resizeMatrix({ start: x!, size: cols!, mirrored: mirrored! }, width, imageWidth, kind);
  // One matrix for all channels of a view.
  const forAll = (matrix: Tensor): Tensor => tf.reshape(matrix, [-1, 1, ...matrix.shape.slice(1)]);
  const lines = tf.matMul(forAll(vertical), images);
  return tf.matMul(lines, forAll(horizontal), false, true) as TensorFlow.Tensor4D;
}
