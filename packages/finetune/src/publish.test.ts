import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FeatureKind, readResults } from '@simclr/artifacts';
import { judgeScores } from '@simclr/evaluation/judge-scores';
import { memoryLog } from '@simclr/stage';
import { expect, it } from 'vitest';
import type { Data } from './data.ts';
import { publish } from './publish.ts';

const labels = Int32Array.of(0, 1, 0, 1);
const data = { name: 'toy', classes: ['a', 'b'], metric: 'top-1', labels: { width: 1, train: labels, test: labels } };

/** Of four test rows so many are right. */
const judged = (features: FeatureKind, labelFraction: number, right: number) => {
  const key = { dataset: 'toy', features, protocol: 'fine-tune', labelFraction, draw: 0 } as const;
  const logits = Float32Array.from({ length: 8 }, (_, at) => {
    const row = Math.floor(at / 2);
    return (at % 2 === labels[row]) === row < right ? 1 : 0;
  });
  const said = { scores: logits, scale: 'logits', labels, classes: 2, metric: 'top-1' } as const;
  return judgeScores(key, { trainRows: 10, choice: { learningRate: 0.1, weightDecay: 0 } }, said);
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
  const { metrics } = publish({ out, log }, { ...data, testDigest: 'x' } as Data, rows, []);
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
