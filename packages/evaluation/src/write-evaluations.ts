import { writePredictions, writeResults } from '@simclr/artifacts';
import type { Evaluation } from './evaluate-features.ts';

/**
 * Writes evaluations, of one dataset or several, as linear-eval and transfer both do: `results.json` holds a row for each
 * probe and each kNN, `predictions.json` the predicted test classes of each probe, in the order of its rows.
 */
export function writeEvaluations(out: string, evaluations: readonly Evaluation[]): void {
  const predictions = evaluations.flatMap(({ rows, predictions }) =>
    rows.map(({ dataset, features, labelFraction, draw }, i) => {
      return { dataset, features, labelFraction, draw, classes: Array.from(predictions[i]!) };
    }),
  );
  writePredictions(out, { predictions });
  writeResults(out, {
    rows: evaluations.flatMap(({ rows }) => rows),
    knn: evaluations.flatMap(({ knn }) => knn),
  });
}
