import {
  type Prediction,
  type ResultRow,
  type Trial,
  writePredictions,
  writeResults,
  writeTrials,
} from '@simclr/artifacts';
import { flagBelowBaseline, summaryMetrics, tellFlags } from '@simclr/evaluation';
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
  const flags = flagBelowBaseline(rows, name);
  const tested = { dataset: name, digest: testDigest, metric, classes, labels: Array.from(labels.test) };
  writeTrials(out, { trials });
  writePredictions(out, { tests: [tested], predictions: judged.map(({ prediction }) => prediction) });
  writeResults(out, { rows, flags });
  for (const { dataset, features, labelFraction, trainRows, score } of rows) {
    const share = labelFraction === 1 ? 'all labels' : `${trainRows} labels`;
    log.info(`${dataset}, ${share}, ${features}: ${(100 * score).toFixed(1)} % ${metric}`);
  }
  const metrics = { ...summaryMetrics(rows, name), ...tellFlags(flags, log) };
  log.metrics(metrics);
  return { metrics };
}
