import { describe, expect, it } from 'vitest';
import { knn, knnScores } from './knn.ts';
import { fitPath, logisticRegression, predict } from './logistic-regression.ts';
import { topK, topOne } from './metrics.ts';
import { nearestNeighbours } from './neighbours.ts';
import { exactProblem, objectiveOf } from './objective.ts';
import { atOnce } from './steps.ts';
import { tensorSolver } from './tensor-solver.ts';
import { type Ref, readGolden } from './testdata/golden.ts';

interface Case {
  name: string;
  inputs: Record<string, Ref> & { classes?: number };
  params: { lambda: number; classes: number; d: number; k: number; temperature: number };
  outputs: Record<string, Ref> & { objective: number; test_accuracy: number; top1: number; top5: number };
  tolerance: Record<string, { rtol: number; relL2: number; atol: number }>;
}
const { values, floats, ints, starting } = readGolden<Case>('evaluation.json');

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
    const problem = { features: values(inputs.X), labels: ints(inputs.y), dim, classes };
    const fitted = logisticRegression(problem, l2);
    expect(Math.abs(fitted.objective / outputs.objective - 1)).toBeLessThan(tolerance.objective!.rtol);
    const expected = values(outputs.W);
    const ours = Float64Array.from(expected, (_, i) => fitted.weights[(i % dim) * classes + Math.floor(i / dim)]!);
    expect(relL2(ours, expected)).toBeLessThan(tolerance.W!.relL2);
    const labels = ints(inputs.y_test);
    expect(topOne(predict(fitted, values(inputs.X_test)), labels)).toBe(outputs.test_accuracy);

    // The float32 solver of large problems reaches the same optimum; rounding stops it 2e-6 above where hardly any loss is left.
    const options = { maxIterations: 500, gradientTolerance: 0, relativeTolerance: 1e-9, noise: 1e-6 };
    const solver = tensorSolver(problem, options);
    const start = new Float64Array((dim + 1) * classes);
    const fast = atOnce(solver.minimise(l2, start));
    solver.dispose();
    const value = objectiveOf(exactProblem(problem), l2)(fast.x, new Float64Array(fast.x.length));
    expect(Math.abs(value / outputs.objective - 1)).toBeLessThan(l2 < 1 ? 3e-6 : 1e-6);
    // Its own sum has float32 losses of rows.
    expect(Math.abs(fast.value / value - 1)).toBeLessThan(5e-6);
  });
});

describe('the solver of many rows', () => {
  it('reaches scikit-learn’s optimum', () => {
    const [n, dim, classes] = [4000, 64, 5];
    const features = Float32Array.from({ length: n * dim }, (_, at) => {
      const [i, j] = [Math.floor(at / dim), at % dim];
      return Math.sin(0.37 * (i + 1) * (j + 1) + j * j);
    });
    const labels = Int32Array.from({ length: n }, (_, i) => {
      const scores = Array.from({ length: classes }, (_, c) => {
        let score = 3 * Math.sin(1.7 * (i + 1) * (c + 1));
        for (let j = 0; j < dim; j++) score += features[i * dim + j]! * Math.cos(c * (j + 1));
        return score;
      });
      return scores.indexOf(Math.max(...scores));
    });
    // scikit-learn 1.9.1, LogisticRegression(C=1/l2, tol=1e-12), float64: objective, largest gradient below 1e-4.
    const optima = { 100: 3850.031944164, 1: 2698.877090505, 0.01: 2657.200647007 };
    for (const { l2, objective } of fitPath({ features, labels, dim, classes }, [100, 1, 0.01])) {
      const above = objective / optima[l2 as keyof typeof optima] - 1;
      expect(above).toBeGreaterThan(-1e-6);
      expect(above).toBeLessThan(1e-6);
    }
  });
});

describe('weighted kNN', () => {
  it.each(starting('knn/'))('%s', (_, { inputs, params, outputs, tolerance }) => {
    const { k, temperature, classes } = params;
    const [bank, bankLabels, queries] = [floats(inputs.bank), ints(inputs.bank_labels), floats(inputs.query)];
    const found = nearestNeighbours(bank, queries, bank.length / bankLabels.length, k);
    if (outputs.neighbours) expect([...found.rows]).toEqual([...values(outputs.neighbours)]);
    const expected = values(outputs.scores);
    knnScores(found, bankLabels, classes, temperature)[0]!.forEach((score, i) => {
      expect(Math.abs(score - expected[i]!)).toBeLessThanOrEqual(tolerance.scores!.atol);
    });
    const labels = ints(inputs.query_labels);
    expect(topK(expected, labels, classes, 5)).toBeCloseTo(outputs.top5, 12);
    expect(topOne(knn({ bank, bankLabels, queries, classes, k, temperature }), labels)).toBeCloseTo(outputs.top1, 12);
  });
});
