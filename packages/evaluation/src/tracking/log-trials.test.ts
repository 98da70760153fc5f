import type { FeatureSet } from '@simclr/artifacts';
import { addressed, memoryLog, randomNormal } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { ProbeConfig } from '../config.ts';
import { evaluateFeatures } from '../evaluate-features.ts';
import { sourceOf } from '../testing/source-of.ts';
import { logTrials } from './log-trials.ts';

function clouds(rows: number, seed: number): FeatureSet {
  const random = addressed(seed);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % 2);
  return { features: Float32Array.from(labels, (label) => 2 * label + randomNormal(random)), labels, dim: 1 };
}

describe('trials', () => {
  it('are all in MLflow: scores by trial, what was chosen, curves and confusion', async () => {
    const { logged, ...log } = memoryLog();
    const protocols = ['linear', 'knn', 'ridge', 'few-shot'];
    const config = ProbeConfig.parse({
      protocols,
      l2s: [1, 100],
      knn: { k: [1, 9] },
      fewShot: { shots: [2], draws: 2 },
    });
    const source = sourceOf([{ kind: 'pretrained', train: clouds(80, 1), test: clouds(40, 2) }], {
      classes: ['<a>', 'b, "c"'],
    });
    const { rows, tested, predictions } = await evaluateFeatures(source, { config, seed: 1, log });
    await logTrials(rows, { tests: [tested], predictions }, log);
    const of = (key: string) => logged.metrics.filter((metric) => metric.key === key).map(({ value }) => value);
    expect(of('trials/line/linear/pretrained/l2')).toEqual([100, 1]);
    expect(of('trials/line/linear/pretrained/score')).toEqual(rows[0]!.curve!.map(({ score }) => score));
    expect(of('trials/line/knn/pretrained/k')).toEqual([1, 9]);
    expect(of('trials/line/knn/pretrained/chosen_k')).toEqual([rows[1]!.choice.k]);
    expect(of('trials/line/ridge/pretrained/chosen_l2')).toEqual([rows[2]!.choice.l2]);
    expect(of('trials/line/few-shot-2/pretrained.1/chosen_l2')).toEqual([1]);

    const [strengths, neighbours] = ['l2', 'k'].map((key) => logged.artifacts.get(`trials/line-${key}.svg`) as string);
    const lines = (svg: string) => svg.match(/aria-roledescription="line mark"/g);
    expect([lines(strengths!), lines(neighbours!)].map((found) => found?.length)).toEqual([2, 1]);
    const confusion = logged.artifacts.get('confusion/line.csv') as string;
    const [head, first, second] = confusion.split('\n');
    expect(head).toBe(`label,<a>,"b, ""c"""`);
    const counts = [first!.split(',').slice(1), second!.split(',').slice(-2)].flat().map(Number);
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(40);
    expect((counts[0]! + counts[3]!) / 40).toBeCloseTo(rows[0]!.top1, 12);
    for (const svg of [strengths, neighbours, logged.artifacts.get('confusion/line.svg') as string])
      expect(svg).not.toMatch(/NaN|undefined|<a>|href/);
  });
});

describe('protocol as code', () => {
  it('test labels permuted: the same choices, the same curves, the same predictions', async () => {
    const [train, test] = [clouds(80, 1), clouds(40, 2)];
    const evaluate = (labels: Int32Array) => {
      const config = ProbeConfig.parse({
        protocols: ['linear', 'knn', 'ridge', 'few-shot'],
        l2s: [0.01, 1, 100],
        labelFractions: [1, 0.2],
        knn: { k: [1, 5, 9] },
      });
      const source = sourceOf([{ kind: 'pretrained', train, test: { ...test, labels } }]);
      return evaluateFeatures(source, { config, seed: 1, log: memoryLog() });
    };
    const [right, permuted] = [await evaluate(test.labels), await evaluate(test.labels.map((_, i) => Number(i < 20)))];
    const chosen = ({ rows }: typeof right) =>
      rows.map(({ choice, curve, validationScore, folds }) => ({ choice, curve, validationScore, folds }));
    expect(chosen(permuted)).toEqual(chosen(right));
    // Scores are of the weights: equal ones are equal weights.
    expect(permuted.predictions).toEqual(right.predictions);
    expect(permuted.rows.map(({ score }) => score)).not.toEqual(right.rows.map(({ score }) => score));
  });
});
