import type { FeatureSet } from '@simclr/artifacts';
import {
  choose,
  complement,
  knnScores,
  measure,
  neighbourSteps,
  outcomeOf,
  takeRows,
  validationRows,
} from '@simclr/probe';
import { heard } from '../heard.ts';
import type { Learned, Learning, LearnOptions } from './learning.ts';

/**
 * Weighted kNN over all training rows, those of an official validation split among them. Nothing is fitted; where several
 * numbers of neighbours are given, one is chosen on validation rows.
 */
export async function* learnKnn(
  learning: Learning,
  { config, seed, signal, tick }: LearnOptions,
): AsyncGenerator<Learned> {
  const { train } = learning;
  const trainRows = train.features.length / train.dim;
  const { k, temperature } = config.knn;
  // Ascending: a sweep takes one pass over the neighbours. More than there are vote as all do.
  const ks = [...new Set([k].flat().map((wanted) => Math.min(wanted, trainRows)))].sort((a, b) => a - b);
  const tried =
    ks.length > 1 ? await trialsOf(learning, ks, { ...config, ...config.knn, seed, signal, tick }) : undefined;
  const place = tried ? choose(tried.values.map((value) => ({ value }))) : 0;
  const chosen = ks[place]!;
  yield {
    key: { protocol: 'knn', labelFraction: 1, draw: 0 },
    made: {
      trainRows,
      choice: { k: chosen },
      ...(tried && {
        validationScore: tried.values[place]!,
        folds: tried.folds,
        curve: ks.map((k, i) => ({ at: { k }, score: tried.values[i]! })),
      }),
    },
    scores: async (features) =>
      (await votes(train, features, { classes: learning.classes, temperature, ks: [chosen], signal, tick }))[0]!,
    scale: 'probabilities',
  };
}

interface Votes {
  classes: number;
  temperature: number;
  ks: readonly number[];
  signal: AbortSignal | undefined;
  tick: (() => void) | undefined;
}

/** Shares of the votes by k, [n, classes]. */
async function votes(bank: FeatureSet, queries: Float32Array, { classes, temperature, ks, ...listening }: Votes) {
  const rows = bank.features.length / bank.dim;
  const most = Math.min(ks.at(-1)!, rows);
  const found = await heard(neighbourSteps(bank.features, queries, bank.dim, most), listening);
  const counted = ks.map((k) => Math.min(k, most));
  return knnScores(found, bank.labels, classes, temperature, counted);
}

/** The metric of held-out rows by k, the mean over folds. */
async function trialsOf(
  { train, validation, classes, metric }: Learning,
  ks: readonly number[],
  options: Pick<Votes, 'temperature' | 'signal' | 'tick'> & { validationFraction: number; seed: number },
) {
  const folds = validationRows(train, { ...options, metric, validation });
  const values = ks.map(() => 0);
  for (const held of folds) {
    const kept = takeRows(train, complement(held, train.features.length / train.dim));
    const judged = takeRows(train, held);
    const voted = await votes(kept, judged.features, { ...options, classes, ks });
    voted.forEach((scores, i) => {
      const outcome = outcomeOf(metric, Float32Array.from(scores), judged.labels, classes);
      values[i]! += measure(outcome) / folds.length;
    });
  }
  return { values, folds: folds.length };
}
