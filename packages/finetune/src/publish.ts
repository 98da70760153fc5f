import {
  type Flag,
  type Prediction,
  type ResultRow,
  type Trial,
  writePredictions,
  writeResults,
  writeTrials,
} from '@simclr/artifacts';
import { summaryMetrics } from '@simclr/evaluation';
import type { StageContext, StageResult } from '@simclr/stage';
import type { Data } from './data.ts';

/** Writes what the stage gives, and says it: a line a row, and what is to be looked at. */
export function publish(
  { out, log }: Pick<StageContext<unknown>, 'out' | 'log'>,
  { name, classes, metric, labels, testDigest }: Data,
  judged: readonly { row: ResultRow; prediction: Prediction }[],
  trials: Trial[],
): StageResult {
  const rows = judged.map(({ row }) => row);
  const flags = belowBaseline(rows);
  const tested = { dataset: name, digest: testDigest, metric, classes, labels: Array.from(labels.test) };
  writeTrials(out, { trials });
  writePredictions(out, { tests: [tested], predictions: judged.map(({ prediction }) => prediction) });
  writeResults(out, { rows, flags });
  for (const { dataset, features, labelFraction, trainRows, score } of rows) {
    const share = labelFraction === 1 ? 'all labels' : `${trainRows} labels`;
    log.info(`${dataset}, ${share}, ${features}: ${(100 * score).toFixed(1)} % ${metric}`);
  }
  for (const { message } of flags) log.info(message);
  const metrics = summaryMetrics(rows, name);
  log.metrics(metrics);
  return { metrics };
}

/** Rows of the encoder's weights that are no better than those of the same network drawn anew. */
function belowBaseline(rows: readonly ResultRow[]): Flag[] {
  return rows.flatMap((row) => {
    const { dataset, features, labelFraction, draw, score, protocol } = row;
    const same = (other: ResultRow) => other.labelFraction === labelFraction && other.draw === draw;
    const baseline = rows.find((other) => other.features === 'random-init' && same(other));
    if (features !== 'pretrained' || !baseline || score > baseline.score) return [];
    const [ours, theirs] = [score, baseline.score].map((share) => `${(100 * share).toFixed(1)} %`);
    const message = `below baseline: ${dataset} by ${protocol}, ${ours} from the encoder, ${theirs} from random weights`;
    return [{ kind: 'below-baseline', dataset, message } satisfies Flag];
  });
}
