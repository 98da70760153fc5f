import type { FeatureSet } from '@simclr/artifacts';
import { addressed, memoryLog } from '@simclr/stage';
import { expect, it } from 'vitest';
import { ProbeConfig } from './config.ts';
import { evaluateFeatures } from './evaluate-features.ts';
import { sourceOf } from './testing/source-of.ts';

/** Two classes on a line, apart by 1, with noise; `wrong` of the labels are exchanged. */
function line(rows: number, seed: number, wrong = 0): FeatureSet {
  const random = addressed(seed);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % 2);
  const features = Float32Array.from(labels, (label) => label + random.next() - 0.5);
  return { features, labels: labels.map((label, row) => (row < wrong * rows ? 1 - label : label)), dim: 1 };
}

const evaluate = async (validation: FeatureSet | undefined, labelFractions = [1]) => {
  const { logged, ...log } = memoryLog();
  const source = sourceOf([{ kind: 'pretrained', train: line(40, 1), validation, test: line(60, 2) }]);
  const config = ProbeConfig.parse({ l2s: [0.01, 1, 100], labelFractions, draws: 1, knn: { k: 5 } });
  return { ...(await evaluateFeatures(source, { seed: 1, log, config })), logged };
};

it('an official validation split is chosen on, once, and trained on in the end', async () => {
  const { rows, train } = await evaluate(line(30, 3));
  expect(rows[0]).toMatchObject({ trainRows: 70, testRows: 60, folds: 1 });
  expect(rows[1]).toMatchObject({ protocol: 'knn', trainRows: 70 });
  expect(train.labels).toHaveLength(40);
  // Without one, rows of the training split are held out, more than once since they are few.
  const without = (await evaluate(undefined)).rows[0]!;
  expect(without.trainRows).toBe(40);
  expect(without.folds).toBeGreaterThan(1);
});

it('labels of the validation split are what the choice is judged by', async () => {
  const [right, wrong] = [await evaluate(line(30, 3)), await evaluate(line(30, 3, 1))];
  expect(right.rows[0]!.validationScore).toBeGreaterThan(0.9);
  expect(wrong.rows[0]!.validationScore).toBeLessThan(0.1);
});

it('some labels are drawn of both splits', async () => {
  const { rows } = await evaluate(line(30, 3), [1, 0.2]);
  expect(rows.map(({ trainRows }) => trainRows)).toEqual([70, 14, 70]);
});
