import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { averagePrecisions, meanAveragePrecision } from './average-precision.ts';
import { largestOf, meanPerClass, topK, topOne } from './metrics.ts';

/** Of testdata/make_metrics.py. */
type Expected = [accuracy: number, balanced: number, top2: number | null, precisions: (number | null)[]];
const expected: Expected[] = JSON.parse(readFileSync(new URL('testdata/metrics-golden.json', import.meta.url), 'utf8'));

/** The case of a seed, as make_metrics.py draws it. */
function caseOf(seed: number) {
  let state = seed + 1;
  const next = () => {
    state = (state * 16807) % 2147483647;
    return state;
  };
  const [rows, classes] = [5 + (seed % 40), 3 + (seed % 6)];
  const levels = seed % 2 ? 7 : 1000003;
  const scores = Float64Array.from({ length: rows * classes }, () => next() % levels);
  const labels = Int32Array.from({ length: rows }, () => next() % classes);
  const signs = Int32Array.from({ length: rows * classes }, () => (next() % 3) - 1);
  return { scores, labels, signs, classes };
}

it('metrics are scikit-learn’s, and average precision that of VOC’s rule, on 1,000 cases, half of them with ties', () => {
  expect(expected).toHaveLength(1000);
  for (const [seed, [accuracy, balanced, top2, precisions]] of expected.entries()) {
    const { scores, labels, signs, classes } = caseOf(seed);
    const predicted = largestOf(scores, classes);
    expect(topOne(predicted, labels), `case ${seed}`).toBeCloseTo(accuracy, 12);
    expect(meanPerClass(predicted, labels), `case ${seed}`).toBeCloseTo(balanced, 12);
    if (top2 !== null) expect(topK(scores, labels, classes, 2), `case ${seed}`).toBeCloseTo(top2, 12);
    const found = Array.from(averagePrecisions(scores, signs, classes), (ap) => (Number.isNaN(ap) ? null : ap));
    expect(found, `case ${seed}`).toEqual(precisions.map((ap) => (ap === null ? null : expect.closeTo(ap, 12))));
    const known = precisions.filter((ap) => ap !== null);
    const mean = known.reduce((sum, ap) => sum + ap, 0) / known.length;
    if (known.length) expect(meanAveragePrecision(scores, signs, classes), `case ${seed}`).toBeCloseTo(mean, 12);
  }
});
