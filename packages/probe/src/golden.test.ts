import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { knn, knnScores, nearestNeighbours } from './knn.ts';
import { lbfgs } from './lbfgs.ts';
import { logisticRegression, predict } from './logistic-regression.ts';
import { meanPerClass, topOne } from './metrics.ts';
import { tensorProblem } from './softmax-objective.ts';

interface Ref {
  tensor: string;
}
interface Case {
  name: string;
  inputs: Record<string, Ref> & { classes?: number };
  params: { lambda: number; classes: number; d: number; k: number; temperature: number };
  outputs: Record<string, Ref> & { objective: number; test_accuracy: number; top1: number; mean_per_class: number };
  tolerance: Record<string, { rtol: number; relL2: number; atol: number }>;
}
const { cases, tensors } = JSON.parse(readFileSync(new URL('./testdata/evaluation.json', import.meta.url), 'utf8')) as {
  cases: Case[];
  tensors: Record<string, { shape: number[]; dtype: string; base64: string }>;
};

/** Values of a stored tensor. */
function values(ref: Ref | undefined): Float64Array {
  const { dtype, base64 } = tensors[ref!.tensor]!;
  const { buffer } = Uint8Array.from(Buffer.from(base64, 'base64'));
  if (dtype === 'float64') return new Float64Array(buffer);
  return Float64Array.from(dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer));
}
const floats = (ref: Ref | undefined) => Float32Array.from(values(ref));
const ints = (ref: Ref | undefined) => Int32Array.from(values(ref));
const starting = (prefix: string) => cases.filter((c) => c.name.startsWith(prefix)).map((c) => [c.name, c] as const);

const relL2 = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return Math.sqrt(difference / norm);
};

describe('logistic regression against scikit-learn and scipy in double precision', () => {
  it.each(starting('lr_'))('%s', (_, { inputs, params, outputs, tolerance }) => {
    const { lambda: l2, classes, d: dim } = params;
    const problem = { features: floats(inputs.X), labels: ints(inputs.y), dim, classes };
    const fitted = logisticRegression(problem, l2);
    // The stored features are double; ours single: the objective moves by their rounding, 1e-7 relative.
    expect(Math.abs(fitted.objective / outputs.objective - 1)).toBeLessThanOrEqual(
      Math.max(tolerance.objective!.rtol, 1e-6),
    );
    const expected = values(outputs.W);
    const ours = Float64Array.from(expected, (_, i) => fitted.weights[(i % dim) * classes + Math.floor(i / dim)]!);
    expect(relL2(ours, expected)).toBeLessThan(tolerance.W!.relL2);
    const labels = ints(inputs.y_test);
    expect(topOne(predict(fitted, floats(inputs.X_test)), labels)).toBe(outputs.test_accuracy);

    // The float32 objective of large problems reaches the same optimum, within its rounding.
    const tensor = tensorProblem(problem);
    const start = new Float64Array((dim + 1) * classes);
    const options = {
      maxIterations: 500,
      gradientTolerance: 1e-5,
      relativeTolerance: 1e-9,
      precondition: tensor.precondition(l2, start),
    };
    const fast = lbfgs(tensor.objective(l2), start, options);
    tensor.dispose();
    expect(Math.abs(fast.value - outputs.objective)).toBeLessThan(1e-3 * Math.max(1, outputs.objective));
  });
});

describe('weighted kNN', () => {
  it.each(starting('knn/'))('%s', (_, { inputs, params, outputs, tolerance }) => {
    const { k, temperature, classes } = params;
    const [bank, bankLabels, queries] = [floats(inputs.bank), ints(inputs.bank_labels), floats(inputs.query)];
    const found = nearestNeighbours(bank, queries, bank.length / bankLabels.length, k);
    if (outputs.neighbours) expect([...found.rows]).toEqual([...values(outputs.neighbours)]);
    const expected = values(outputs.scores);
    knnScores(found, bankLabels, classes, temperature).forEach((score, i) => {
      expect(Math.abs(score - expected[i]!)).toBeLessThanOrEqual(tolerance.scores!.atol);
    });
    expect(topOne(knn({ bank, bankLabels, queries, classes, k, temperature }), ints(inputs.query_labels))).toBeCloseTo(
      outputs.top1,
      12,
    );
  });
});

describe('mean per class accuracy', () => {
  it.each(starting('mean_per_class'))('%s', (_, { inputs, outputs }) => {
    const [labels, predictions] = [ints(inputs.labels), ints(inputs.predictions)];
    expect(meanPerClass(predictions, labels)).toBeCloseTo(outputs.mean_per_class, 12);
    expect(topOne(predictions, labels)).toBeCloseTo(outputs.top1, 12);
  });
});
