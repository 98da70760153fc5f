import {
  type Flag,
  type Prediction,
  type ResultRow,
  type Trial,
  writePredictions,
  writeResults,
  writeTrials,
} from '@simclr/artifacts';
import { flagResults, summaryMetrics, tellFlags } from '@simclr/evaluation';
import type { StageContext, StageResult } from '@simclr/stage';
import type { Data } from './data.ts';

/**
 * Writes what the stage gives, and says it: a line a row, and what is to be looked at.
 * @param found what is wrong with the data, or with how they are trained on
 */
export function publish(
  { out, log }: Pick<StageContext<unknown>, 'out' | 'log'>,
  { name, classes, metric, severalLabels, labels, splits }: Data,
  judged: readonly { row: ResultRow; prediction: Prediction }[],
  trials: Trial[],
  found: readonly Flag[],
): StageResult {
  const rows = judged.map(({ row }) => row);
  const predictions = judged.map(({ prediction }) => prediction);
  const data = { dataset: name, classes, severalLabels };
  const flags = [...found, ...flagResults({ rows, predictions }, data, { labels: labels.test })];
  const tested = { dataset: name, digest: splits.test.digest, metric, classes, labels: Array.from(labels.test) };
  writeTrials(out, { trials });
  writePredictions(out, { tests: [tested], predictions });
  writeResults(out, { rows, flags });
  for (const { dataset, features, labelFraction, trainRows, score } of rows) {
    const share = labelFraction === 1 ? 'all labels' : `${trainRows} labels`;
    log.info(`${dataset}, ${share}, ${features}: ${(100 * score).toFixed(1)} % ${metric}`);
  }
  const metrics = { ...summaryMetrics(rows, name), ...tellFlags(flags, log) };
  log.metrics(metrics);
  return { metrics };
}
