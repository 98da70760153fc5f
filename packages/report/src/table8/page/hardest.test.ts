import { packFloats } from '@simclr/artifacts';
import { expect, it } from 'vitest';
import type { Entry } from '../entries.ts';
import { hardestRows } from './hardest.ts';

const test = { dataset: 'd', digest: 'x', metric: 'top-1' as const, classes: ['a', 'b', 'c'], labels: [0, 1, 2, 0] };
const entry = (predicted: number[], of: Entry['test'] = test): Entry => {
  const key = { dataset: 'd', features: 'pretrained', protocol: 'linear', labelFraction: 1, draw: 0 } as const;
  const row = { ...key, trainRows: 9, testRows: 4, metric: of.metric, score: 0, top1: 0, choice: {} };
  return { encoder: 'e', network: 'e', seed: '', row, prediction: { ...key, predicted }, test: of, flags: [] };
};

it('takes the images that the most classifiers get wrong, and what they are most often taken for', () => {
  const entries = [entry([0, 2, 1, 1]), entry([0, 2, 2, 2]), entry([0, 0, 2, 2])];
  expect(hardestRows(entries, 2)).toEqual([
    { row: 1, wrong: 3, of: 3, label: 'b', taken: 'c' },
    { row: 3, wrong: 3, of: 3, label: 'a', taken: 'c' },
  ]);
  expect(hardestRows(entries, 9).map(({ row }) => row)).toEqual([1, 3, 2]);
  expect(hardestRows([], 2)).toEqual([]);
});

it('of images that as many get wrong takes those where they are surest first', () => {
  const sure = entry([1, 2, 0, 1]);
  sure.prediction.confidence = packFloats([0.4, 0.9, 0.6, 0.9]);
  expect(hardestRows([sure], 9).map(({ row }) => row)).toEqual([1, 3, 2, 0]);
});

it('of several classes counts any of them as right, and passes over what is difficult', () => {
  const labels = [1, 1, -1, /**/ -1, 0, 1, /**/ -1, -1, 1];
  const voc = { ...test, metric: '11-point-map' as const, labels };
  expect(hardestRows([entry([1, 1, 0], voc)], 9)).toEqual([{ row: 2, wrong: 1, of: 1, label: 'c', taken: 'a' }]);
});
