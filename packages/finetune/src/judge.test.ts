import { unpackFloats } from '@simclr/artifacts';
import { judgeScores } from '@simclr/evaluation/judge-scores';
import { expect, it } from 'vitest';
import { judge } from './judge.ts';

const key = { dataset: 'd', features: 'pretrained', protocol: 'fine-tune', labelFraction: 1, draw: 0 } as const;
// Rows of class 0, 0, 0, 1; the first and the last are right.
const said = {
  scores: Float32Array.of(2, 0, 0, 1, 0, 3, 0, 5),
  scale: 'logits',
  labels: Int32Array.of(0, 0, 0, 1),
  classes: 2,
} as const;

it('scores by the metric of the dataset', () => {
  expect(judge({ ...said, metric: 'top-1' }).score).toBe(0.5);
  expect(judge({ ...said, metric: 'mean-per-class' }).score).toBeCloseTo((1 / 3 + 1) / 2, 12);
  const losses = [2, -1, -3, 5].map((margin) => Math.log(1 + Math.exp(-margin)));
  expect(judge({ ...said, metric: 'top-1' }).loss).toBeCloseTo(losses.reduce((a, b) => a + b) / 4, 6);
  const sure = { ...said, scores: said.scores.map((logit) => 1000 * logit), metric: 'top-1' } as const;
  expect(judge(sure).loss).toBe(1000);
  expect(judge({ ...said, scores: new Float32Array(8).fill(Number.NaN), metric: 'top-1' }).loss).toBeNaN();
});

it('a row has the metric, and what else can be said of a classifier', () => {
  const choice = { learningRate: 0.1, weightDecay: 0 };
  const { row, prediction } = judgeScores(key, { trainRows: 9, choice }, { ...said, metric: 'mean-per-class' });
  expect(row).toMatchObject({ ...key, trainRows: 9, testRows: 4, top1: 0.5, metric: 'mean-per-class', choice });
  expect(row.score).toBe(row.meanPerClass);
  expect(row).not.toHaveProperty('top5');
  expect(prediction.predicted).toEqual([0, 1, 1, 1]);
});

it('of images of several classes leaves out what is difficult', () => {
  const several = {
    scores: Float32Array.of(2, 1, -1, 3, 0, -2),
    scale: 'logits',
    labels: Int32Array.of(1, 0, -1, 1, 1, -1),
    classes: 2,
  } as const;
  const losses = [2, 1, 3, 0, 2].map((margin) => Math.log(1 + Math.exp(-margin)));
  const judged = judge({ ...several, metric: '11-point-map' });
  expect(judged.loss).toBeCloseTo(losses.reduce((a, b) => a + b) / 5, 6);
  expect(judged.score).toBe(1);
  const choice = { learningRate: 0.1, weightDecay: 0 };
  const { row, prediction } = judgeScores(key, { trainRows: 9, choice }, { ...several, metric: '11-point-map' });
  expect(row).toMatchObject({ score: 1, top1: 1, testRows: 3 });
  expect(row).not.toHaveProperty('meanPerClass');
  expect([...unpackFloats(prediction.scores!)]).toEqual([...several.scores]);
});
