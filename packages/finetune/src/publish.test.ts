import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FeatureKind, type Flag, readResults } from '@simclr/artifacts';
import { judgeScores } from '@simclr/evaluation/judge-scores';
import { memoryLog } from '@simclr/stage';
import { expect, it } from 'vitest';
import type { Data } from './data.ts';
import { publish } from './publish.ts';

const labels = Int32Array.from({ length: 24 }, (_, row) => row % 2);
const data = {
  ...{ name: 'toy', classes: ['a', 'b'], metric: 'top-1', severalLabels: false },
  labels: { width: 1, train: labels, test: labels },
  splits: { train: { rows: 10, digest: 'w' }, test: { rows: 24, digest: 'x' } },
} as unknown as Data;

/** So many quarters of the test rows are right. */
const judged = (features: FeatureKind, labelFraction: number, right: number, made = {}) => {
  const key = { dataset: 'toy', features, protocol: 'fine-tune', labelFraction, draw: 0 } as const;
  const logits = Float32Array.from({ length: 48 }, (_, at) => {
    const row = Math.floor(at / 2);
    return (at % 2 === labels[row]) === row < 6 * right ? 1 : 0;
  });
  const said = { scores: logits, scale: 'logits', labels, classes: 2, metric: 'top-1' } as const;
  return judgeScores(key, { trainRows: 10, choice: { learningRate: 0.1, weightDecay: 0 }, ...made }, said);
};

it('flags an encoder that is no better than random weights, and says all scores', () => {
  const out = mkdtempSync(join(tmpdir(), 'publish-'));
  const log = memoryLog();
  const rows = [
    judged('pretrained', 1, 4),
    judged('pretrained', 0.1, 2),
    judged('random-init', 1, 3),
    judged('random-init', 0.1, 2),
  ];
  const { metrics } = publish({ out, log }, data, rows, [], []);
  const { flags } = readResults(out);
  expect(flags.map(({ kind, message }) => [kind, message])).toEqual([
    [
      'below-baseline',
      expect.stringMatching(
        /^at or below a baseline: fine-tune on 10\.0 % of the labels of toy gives 50\.0 % for the encoder, 50\.0 % for random-init\. /,
      ),
    ],
  ]);
  expect(log.logged.info).toContain('toy, all labels, pretrained: 100.0 % top-1');
  expect(log.logged.info).toContain(`flag: ${flags[0]!.message}`);
  expect(metrics['toy-fine-tune-10pct/random-init/top_1_accuracy']).toBe(0.5);
  rmSync(out, { recursive: true });
});

it('flags test labels in another order of the classes, after what was found before the training', () => {
  const out = mkdtempSync(join(tmpdir(), 'publish-'));
  const found: Flag = { kind: 'splits-swapped', dataset: 'toy', message: 'splits swapped: a' };
  const { metrics } = publish(
    { out, log: memoryLog() },
    data,
    [judged('pretrained', 1, 0, { validationScore: 1 })],
    [],
    [found],
  );
  const { flags } = readResults(out);
  expect(flags[0]).toEqual(found);
  expect(flags[1]).toMatchObject({
    kind: 'class-order',
    message: expect.stringMatching(/^class order shifted: test rows of toy/),
  });
  expect(metrics).toMatchObject({ 'flags/splits-swapped': 1, 'flags/class-order': 1 });
  rmSync(out, { recursive: true });
});
