import type { ResultRow } from '@simclr/artifacts';
import { describe, expect, it } from 'vitest';
import { summaryMetrics } from './summary.ts';

const row = (draw: number, score: number, overrides: Partial<ResultRow> = {}): ResultRow => ({
  dataset: 'a',
  features: 'pixels',
  protocol: 'linear',
  labelFraction: 0.01,
  draw,
  trainRows: 4,
  testRows: 2,
  metric: 'top-1',
  score,
  top1: score,
  choice: {},
  ...overrides,
});

describe('summaryMetrics', () => {
  it('gives the mean and sample deviation over draws', () => {
    const knn = row(0, 0.4, { protocol: 'knn', labelFraction: 1 });
    const metrics = summaryMetrics([row(0, 0.5), row(1, 0.7), knn], 'linear');
    expect(metrics['linear-1pct/pixels/top_1_accuracy']).toBeCloseTo(0.6, 12);
    expect(metrics['linear-1pct/pixels/top_1_accuracy_std']).toBeCloseTo(Math.SQRT2 / 10, 12);
    expect(metrics['linear-knn/pixels/top_1_accuracy']).toBe(0.4);
  });

  it('gives the metric of the dataset beside top-1', () => {
    const metrics = summaryMetrics([row(0, 0.5, { metric: 'mean-per-class', top1: 0.6, labelFraction: 1 })], 'pets');
    expect(metrics).toEqual({ 'pets/pixels/top_1_accuracy': 0.6, 'pets/pixels/mean_per_class_accuracy': 0.5 });
  });
});
