import { describe, expect, it } from 'vitest';
import { logisticRegression } from './logistic-regression.ts';
import { elevenPointAp } from './metrics.ts';
import { exactMcNemar, permutationTest } from './significance.ts';
import { type Ref, readGolden } from './testdata/golden.ts';

interface Case {
  name: string;
  inputs: Record<string, Ref> & { scores: number[]; labels: number[] };
  params: { lambda: number };
  outputs: Record<string, number> & { ap: number | 'NaN'; rows: [number, number, number][]; w: number[] };
  tolerance: { objective: { rtol: number }; w: { relL2: number }; rtol: number; atol: number };
}
const { values, ints, starting } = readGolden<Case>('significance.json');

describe('elevenPointAp', () => {
  it.each(starting('ap11/'))('%s', (_, { inputs, outputs, tolerance }) => {
    const ap = elevenPointAp(inputs.scores, inputs.labels);
    if (outputs.ap === 'NaN') expect(ap).toBeNaN();
    else expect(Math.abs(ap - outputs.ap)).toBeLessThan(tolerance.atol);
  });
});

describe('exactMcNemar', () => {
  const [[, { outputs, tolerance }]] = starting('mcnemar_exact') as [[string, Case]];
  it.each(outputs.rows)('%i and %i', (onlyFirst, onlySecond, p) => {
    expect(Math.abs(exactMcNemar(onlyFirst, onlySecond) / p - 1)).toBeLessThan(tolerance.rtol);
    expect(exactMcNemar(onlySecond, onlyFirst)).toBe(exactMcNemar(onlyFirst, onlySecond));
  });
});

describe('permutationTest', () => {
  const models = ({ inputs }: Case) => ({
    labels: ints(inputs.labels as unknown as Ref),
    first: ints(inputs.predictions_first),
    second: ints(inputs.predictions_second),
    seed: 1,
  });

  it.each(starting('permutation/').slice(0, 2))('%s, every arrangement', (_, example) => {
    const { outputs } = example;
    const top1 = permutationTest({ ...models(example), metric: 'top-1' });
    expect(top1.difference).toBeCloseTo(outputs.top1_difference!, 12);
    expect(top1.p).toBe(outputs.top1_p_exact);
    const perClass = permutationTest({ ...models(example), metric: 'mean-per-class' });
    expect(perClass.difference).toBeCloseTo(outputs.mean_per_class_difference!, 12);
    expect(perClass.p).toBe(outputs.mean_per_class_p_exact);
  });

  it('draws where there are too many, and agrees with McNemar', () => {
    const [, example] = starting('permutation/large')[0]!;
    const p = example.outputs.top1_p_exact!;
    expect(exactMcNemar(example.outputs.only_first_correct!, example.outputs.only_second_correct!)).toBeCloseTo(p, 12);
    const samples = 20_000;
    const drawn = permutationTest({ ...models(example), metric: 'top-1', samples });
    // The tolerance of the golden file: five standard errors of the draw.
    expect(Math.abs(drawn.p - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / samples) + 1 / samples);
    expect(permutationTest({ ...models(example), metric: 'top-1', samples })).toEqual(drawn);
  });

  it('finds no difference between a model and itself', () => {
    const [, example] = starting('permutation/0')[0]!;
    const { labels, first, seed } = models(example);
    expect(permutationTest({ labels, first, second: first, metric: 'top-1', seed })).toEqual({ difference: 0, p: 1 });
  });
});

describe('two classes', () => {
  it.each(starting('lr_binary/'))('%s: a softmax of twice the penalty is the sigmoid', (_, example) => {
    const { inputs, params, outputs, tolerance } = example;
    const problem = { features: values(inputs.X), labels: ints(inputs.y), dim: 8, classes: 2 };
    const { weights, objective } = logisticRegression(problem, 2 * params.lambda);
    expect(Math.abs(objective / outputs.objective! - 1)).toBeLessThan(tolerance.objective.rtol);
    const square = (v: number[]) => v.reduce((sum, x) => sum + x * x, 0);
    const w = outputs.w.map((_, j) => weights[2 * j + 1]! - weights[2 * j]!);
    expect(Math.sqrt(square(w.map((v, j) => v - outputs.w[j]!)) / square(outputs.w))).toBeLessThan(tolerance.w.relL2);
  });
});
