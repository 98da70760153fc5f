import { qr, type TensorFlow, tf } from '@simclr/tensorflow';
import { type LabelledFeatures, labelWidth, rowsOf, takeLabels } from './problem.ts';
import { type TensorLoss, tensorLoss } from './tensor-loss.ts';

type Matrix = TensorFlow.Tensor2D;

/** Values of a block, 128 MB: an operation on less takes no longer than calling it. */
const BLOCK_VALUES = 2 ** 25;

export type Block = {
  /** [rows, dim]. */
  x: Matrix;
  /** Of the loss, [rows, classes]. */
  target: Matrix;
};

/** A problem in TensorFlow's memory, in blocks of rows. */
export interface FeatureBlocks {
  blocks: readonly Block[];
  loss: TensorLoss;
  rows: number;
  /** Dimensions of x: as many as there are rows where these are few. */
  dim: number;
  /** Orthonormal columns, [d, dim]: features are basis · x. Absent where they are x. */
  basis?: Matrix;
  dispose(): void;
}

/**
 * Copies a problem into TensorFlow, scaled where it says so.
 *
 * Where rows are much fewer than dimensions, x are coordinates in an orthonormal basis of the space that the rows span.
 * The minimum is the same: weights orthogonal to all rows would add to the penalty alone.
 *
 * @param blockValues of a block, at most
 */
export function featureBlocks(problem: LabelledFeatures, blockValues: number = BLOCK_VALUES): FeatureBlocks {
  const { dim } = problem;
  const rows = rowsOf(problem);
  const loss = tensorLoss(problem);
  // With more rows than half the dimensions, the decomposition takes longer than it saves.
  const few = 2 * rows <= dim;
  const size = few ? rows : Math.max(1, Math.floor(blockValues / dim));
  const staging = new Float32Array(Math.min(size, rows) * dim);
  const blocks: Block[] = [];
  for (let from = 0; from < rows; from += size)
    blocks.push(tf.tidy(() => copyRows(problem, loss, from, Math.min(rows, from + size), staging)));
  if (!few)
    return { blocks, loss, rows, dim, dispose: () => tf.dispose(blocks.flatMap(({ x, target }) => [x, target])) };

  const { x, target } = blocks[0]!;
  const { basis, coordinates } = tf.tidy(() => {
    const { q, r } = qr(tf.transpose(x));
    return { basis: q, coordinates: tf.transpose(r) };
  });
  x.dispose();
  const dispose = () => tf.dispose([basis, coordinates, target]);
  return { blocks: [{ x: coordinates, target }], loss, rows, dim: rows, basis, dispose };
}

/**
 * Rows from..to of a problem.
 * @param staging where they are gathered, free again afterwards
 */
function copyRows(problem: LabelledFeatures, loss: TensorLoss, from: number, to: number, staging: Float32Array): Block {
  const { features, labels, dim, part } = problem;
  const count = to - from;
  const own = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const row = part ? part.rows[from + i]! : from + i;
    staging.set(features.subarray(row * dim, (row + 1) * dim), i * dim);
    own[i] = row;
  }
  // The difference is what copies: TensorFlow may read the staging memory in place.
  const mean = part ? tf.tensor1d(Float32Array.from(part.scaling.mean)) : 0;
  const centred = tf.sub(tf.tensor2d(staging.subarray(0, count * dim), [count, dim]), mean);
  return {
    x: (part ? tf.div(centred, part.scaling.scale) : centred) as Matrix,
    target: loss.target(takeLabels(labels, own, labelWidth(problem))),
  };
}
