import { describe, expect, it } from 'vitest';
import { logisticRegression } from './logistic-regression.ts';
import { type Ref, readGolden } from './testdata/golden.ts';

interface Case {
  name: string;
  inputs: Record<string, Ref>;
  params: { lambda: number };
  outputs: { objective: number; w: number[] };
  tolerance: { objective: { rtol: number }; w: { relL2: number } };
}
const { values, ints, starting } = readGolden<Case>('significance.json');

describe('two classes', () => {
  it.each(starting('lr_binary/'))('%s: a softmax of twice the penalty is the sigmoid', (_, example) => {
    const { inputs, params, outputs, tolerance } = example;
    const problem = { features: values(inputs.X), labels: ints(inputs.y), dim: 8, classes: 2 };
    const { weights, objective } = logisticRegression(problem, 2 * params.lambda);
    expect(Math.abs(objective / outputs.objective - 1)).toBeLessThan(tolerance.objective.rtol);
    const square = (v: number[]) => v.reduce((sum, x) => sum + x * x, 0);
    const w = outputs.w.map((_, j) => weights[2 * j + 1]! - weights[2 * j]!);
    expect(Math.sqrt(square(w.map((v, j) => v - outputs.w[j]!)) / square(outputs.w))).toBeLessThan(tolerance.w.relL2);
  });
});
