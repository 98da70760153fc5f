import type { ResultRow } from '@simclr/artifacts';
import { expect, it } from 'vitest';
import { headlines } from './headline.ts';

const row = (given: Partial<ResultRow>): ResultRow => ({
  ...{ dataset: 'fashion-mnist', features: 'pretrained', protocol: 'linear', labelFraction: 1, draw: 0 },
  ...{ trainRows: 1, testRows: 1, metric: 'top-1', score: 0.5, top1: 0.4, choice: {} },
  ...given,
});

it('names what was done, the dataset of the pretraining first, and no baseline', () => {
  const found = headlines(
    [
      row({ dataset: 'digits', score: 0.9 }),
      row({ dataset: 'digits', protocol: 'knn' }),
      row({ dataset: 'voc2007', metric: '11-point-map', score: 0.3 }),
      row({ dataset: 'pets', metric: 'mean-per-class', protocol: 'few-shot', shots: 5 }),
      row({}),
      row({ features: 'pixels', score: 1 }),
      row({ protocol: 'fine-tune', labelFraction: 0.07 }),
      row({ labelFraction: 0.01, score: 0.5 }),
      row({ labelFraction: 0.01, score: 0.75, draw: 1 }),
    ],
    new Set(['fashion-mnist']),
  );
  expect(found.map(({ name, value }) => `${name} ${value}`)).toEqual([
    'linear_top1 0.5',
    'fine-tune_7pct_top1 0.5',
    'linear_1pct_top1 0.625',
    'digits_top1 0.9',
    'digits_knn_top1 0.5',
    'voc2007_map 0.3',
    'pets_few-shot_5_mean_class_accuracy 0.5',
  ]);
  expect(found.at(-1)?.dataset).toBe('pets');
});

it('names the dataset where encoders were pretrained on several', () => {
  const [only] = headlines([row({})], new Set(['fashion-mnist', 'digits']));
  expect(only?.name).toBe('fashion-mnist_top1');
});
