import type { FeatureSet } from '@simclr/artifacts';
import { choose, complement, logitsOf, measure, outcomeOf, ridgeSteps, takeRows, validationRows } from '@simclr/probe';
import { UserError } from '@simclr/stage';
import { heard } from '../heard.ts';
import type { Learned, Learning, LearnOptions } from './learning.ts';

/** Least squares in closed form, its strength chosen as that of linear; its scores are no logarithms of probabilities. */
export async function* learnRidge(
  learning: Learning,
  { config, seed, signal, tick }: LearnOptions,
): AsyncGenerator<Learned> {
  const { train, validation, classes, metric } = learning;
  const trainRows = train.features.length / train.dim;
  const loss = metric === '11-point-map' ? ('one-vs-rest' as const) : ('softmax' as const);
  const path = (set: FeatureSet, l2s: readonly number[]) =>
    heard(ridgeSteps({ ...set, classes, loss }, l2s, config.objective), { signal, tick });
  const l2s = [...new Set(config.l2s)].sort((a, b) => b - a);
  const folds = validationRows(train, { ...config, metric, validation, seed });
  const sums = new Map(l2s.map((l2) => [l2, 0]));
  for (const held of folds) {
    const judged = takeRows(train, held);
    const models = await path(takeRows(train, complement(held, trainRows)), l2s);
    models.forEach((model, i) => {
      const l2 = l2s[i]!;
      if (!model) sums.delete(l2);
      if (!model || !sums.has(l2)) return;
      const outcome = outcomeOf(metric, logitsOf(model, judged.features), judged.labels, classes);
      sums.set(l2, sums.get(l2)! + measure(outcome));
    });
  }
  const trials = [...sums].map(([l2, sum]) => ({ l2, value: sum / folds.length }));
  const chosen = trials[choose(trials)];
  const [model] = chosen ? await path(train, [chosen.l2]) : [];
  if (!chosen || !model)
    throw new UserError(
      `not positive definite: ridge at l2 ${chosen?.l2 ?? l2s.join(', ')} of ${learning.dataset}. expected stronger l2s`,
    );
  yield {
    key: { protocol: 'ridge', labelFraction: 1, draw: 0 },
    made: {
      trainRows,
      choice: { l2: chosen.l2 },
      validationScore: chosen.value,
      folds: folds.length,
      curve: trials.map(({ l2, value }) => ({ at: { l2 }, score: value })),
    },
    scores: (features) => logitsOf(model, features),
    scale: 'none',
  };
}
