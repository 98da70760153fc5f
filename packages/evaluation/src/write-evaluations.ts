import { writePredictions, writeResults } from '@simclr/artifacts';
import type { Evaluation } from './evaluate-features.ts';

/** Writes evaluations, of one dataset or several, as linear-eval and transfer both do. */
export function writeEvaluations(out: string, evaluations: readonly Evaluation[]): void {
  const tests = evaluations.map(({ tested }) => tested);
  writePredictions(out, { tests, predictions: evaluations.flatMap(({ predictions }) => predictions) });
  const omitted = evaluations.flatMap((evaluation) => evaluation.omitted);
  writeResults(out, {
    rows: evaluations.flatMap(({ rows }) => rows),
    flags: evaluations.flatMap(({ flags }) => flags),
    ...(omitted.length && { omitted }),
  });
}
