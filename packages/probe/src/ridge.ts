import { cholesky, type TensorFlow, tf } from '@simclr/tensorflow';
import { featureBlocks } from './feature-blocks.ts';
import type { LinearModel } from './logistic-regression.ts';
import { DEFAULT_CONVENTION, type PenaltyConvention, solverPenalty } from './penalty.ts';
import { type LabelledFeatures, rowsOf } from './problem.ts';
import { allRows, fitScaling } from './rows.ts';
import { atOnce, type Steps } from './steps.ts';

type Matrix = TensorFlow.Tensor2D;

/** Σ xᵀ x [dim, dim] and Σ xᵀ t [dim, classes] over blocks, and Σ t [classes], t = 1 of the own class and −1 of others. */
function sums({ blocks }: ReturnType<typeof featureBlocks>, oneOf: boolean) {
  let total: TensorFlow.Tensor[] | undefined;
  for (const { x, target } of blocks) {
    const before: TensorFlow.Tensor[] | undefined = total;
    total = tf.tidy(() => {
      const t = (oneOf ? tf.sub(tf.mul(target, 2), 1) : target) as Matrix;
      const part = [tf.matMul(x, x, true), tf.matMul(x, t, true), tf.sum(t, 0)];
      return before ? part.map((value, i) => tf.add(value, before[i]!)) : part;
    });
    tf.dispose(before ?? []);
  }
  const read = total!.map((value) => value.dataSync() as Float32Array) as [Float32Array, Float32Array, Float32Array];
  tf.dispose(total!);
  return read;
}

/**
 * Ridge classifiers in closed form, for a quick look: half of the squares to 1 and −1 (0 of a difficult one) + l2/2 ‖W‖², the
 * bias free. Those of scikit-learn's RidgeClassifier(alpha=l2) where features are taken as they are, which is the default
 * convention here; one pass over the features and one factorisation a strength.
 *
 * @param problem all of its rows; in single precision, so that an l2 far below 1e-6 of the features' variance is not kept
 */
export const ridgePath = (...path: Parameters<typeof ridgeSteps>): (LinearModel | undefined)[] =>
  atOnce(ridgeSteps(...path));

/** `ridgePath`, strength by strength: undefined of one so weak that in single precision nothing is left of it. */
export function* ridgeSteps(
  problem: Omit<LabelledFeatures, 'part'>,
  l2s: readonly number[],
  convention: PenaltyConvention = { ...DEFAULT_CONVENTION, features: 'raw' },
): Steps<(LinearModel | undefined)[]> {
  const { dim, classes, features } = problem;
  const rows = rowsOf(problem);
  const scaling = fitScaling({ features, dim }, allRows(rows));
  const data = featureBlocks({ ...problem, part: { rows: allRows(rows), scaling } });
  try {
    const [gram, cross, targets] = sums(data, problem.loss !== 'one-vs-rest');
    const diagonal = Float32Array.from({ length: data.dim }, (_, i) => gram[i * data.dim + i]!);
    const path: (LinearModel | undefined)[] = [];
    for (const l2 of l2s) {
      const penalty = solverPenalty(l2, convention, rows, scaling.scale);
      for (let i = 0; i < data.dim; i++) gram[i * data.dim + i] = diagonal[i]! + penalty;
      const factor = cholesky(gram);
      if (!factor) {
        path.push(undefined);
        continue;
      }
      const solved = factor.solve(factor.solve(cross), { transposed: true });
      factor.dispose();
      const inner = data.basis ? tf.tidy(() => tf.matMul(data.basis!, tf.tensor2d(solved, [data.dim, classes]))) : null;
      const weights = Float64Array.from(inner?.dataSync() ?? solved, (v) => v / scaling.scale);
      inner?.dispose();
      // Scaled features are centred: there the bias is the targets' mean.
      const bias = Float64Array.from(targets, (sum) => sum / rows);
      for (let j = 0; j < dim; j++)
        for (let c = 0; c < classes; c++) bias[c]! -= scaling.mean[j]! * weights[j * classes + c]!;
      path.push({ weights, bias, dim, classes });
      yield;
    }
    return path;
  } finally {
    data.dispose();
  }
}
