import { describe, expect, it } from 'vitest';
import { type Scored, summarise } from './results.ts';

const row = (features: Scored['features'], labelFraction: number, score: number, dataset = 'a'): Scored => ({
  dataset,
  features,
  labelFraction,
  trainRows: 100 * labelFraction,
  testRows: 50,
  score,
});

describe('summarise', () => {
  it('takes the draws of a label fraction together: mean and sample standard deviation', () => {
    const [all, few] = summarise([
      row('pretrained', 0.01, 0.5),
      row('pretrained', 0.01, 0.7),
      row('pixels', 0.01, 0.4),
      row('pretrained', 1, 0.9),
    ]);
    expect(all).toMatchObject({ labelFraction: 1, by: { pretrained: { mean: 0.9, std: 0, draws: 1 } } });
    expect(few!.by.pretrained!.mean).toBeCloseTo(0.6, 12);
    expect(few!.by.pretrained!.std).toBeCloseTo(Math.SQRT2 / 10, 12);
    expect(few!.by.pixels).toMatchObject({ mean: 0.4, draws: 1 });
    expect(few!.by['random-init']).toBeUndefined();
  });

  it('keeps the order of the datasets', () => {
    const rows = [row('pixels', 1, 1, 'z'), row('pixels', 0.01, 1, 'a'), row('pixels', 0.01, 1, 'z')];
    expect(summarise(rows).map((summary) => `${summary.dataset} ${summary.labelFraction}`)).toEqual([
      'z 1',
      'z 0.01',
      'a 0.01',
    ]);
  });
});
