import type { Flag } from '@simclr/artifacts';
import { collectDraws, flagData, flagHeldOut } from '@simclr/evaluation';
import { FinetuneConfig } from './config.ts';
import type { Data } from './data.ts';
import type { Fit } from './fit.ts';

/** What is wrong with a dataset, or with how the config trains on it: known before anything is trained. */
export function flagTraining(
  { name: dataset, ...data }: Data,
  fits: readonly Pick<Fit, 'key' | 'rows'>[],
  { validationFraction }: Pick<FinetuneConfig, 'validationFraction'>,
): Flag[] {
  const source = { ...data, dataset };
  const draws = collectDraws();
  for (const { key, rows } of fits) if (rows.length < data.train.rows) draws.add({ key, drawn: rows });
  const stated = validationFraction !== FinetuneConfig.parse({}).validationFraction;
  return [...flagData(source, { labels: data.labels.test }), ...draws.flag(source), ...flagHeldOut(source, stated)];
}
