import type { ResultRow } from '@simclr/artifacts';
import { describe, expect, it } from 'vitest';
import { summaryMetrics } from './summary.ts';

describe('summaryMetrics', () => {
  it('gives the mean and sample deviation over draws', () => {
    const row = (draw: number, accuracy: number) =>
      ({ dataset: 'a', features: 'pixels', labelFraction: 0.01, draw, accuracy }) as ResultRow;
    const metrics = summaryMetrics(
      {
        rows: [row(0, 0.5), row(1, 0.7)],
        knn: [{ dataset: 'a', features: 'pixels', k: 20, trainRows: 4, testRows: 2, accuracy: 0.4 }],
      },
      'linear',
    );
    expect(metrics['linear-1pct/pixels/top_1_accuracy']).toBeCloseTo(0.6, 12);
    expect(metrics['linear-1pct/pixels/top_1_accuracy_std']).toBeCloseTo(Math.SQRT2 / 10, 12);
    expect(metrics['linear-knn/pixels/top_1_accuracy']).toBe(0.4);
  });
});
