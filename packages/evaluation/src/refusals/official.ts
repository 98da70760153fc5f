import type { DatasetMetric, Flag } from '@simclr/artifacts';
import type { FeatureSource } from '../feature-source.ts';

interface Official {
  metric: DatasetMetric;
  train: number;
  validation?: number;
  test: number;
}

const of = (
  metric: DatasetMetric,
  train: number,
  ...[test, validation]: [test: number, validation?: number]
): Official => ({
  metric,
  train,
  test,
  ...(validation !== undefined && { validation }),
});

/** Metrics and sizes of the paper's transfer datasets (section B.8), as docs/datasets.md has them. */
export const OFFICIAL: Record<string, Official> = {
  food101: of('top-1', 75_750, 25_250),
  cifar10: of('top-1', 50_000, 10_000),
  cifar100: of('top-1', 50_000, 10_000),
  birdsnap: of('top-1', 47_386, 2_443),
  sun397: of('top-1', 19_850, 19_850),
  cars: of('top-1', 8_144, 8_041),
  aircraft: of('mean-per-class', 3_334, 3_333, 3_333),
  voc2007: of('11-point-map', 2_501, 4_952, 2_510),
  dtd: of('top-1', 1_880, 1_880, 1_880),
  pets: of('mean-per-class', 3_680, 3_669),
  caltech101: of('mean-per-class', 3_060, 6_084),
  flowers: of('mean-per-class', 1_020, 6_149, 1_020),
};

const thousands = (n: number) => n.toLocaleString('en-US');

type Source = Pick<FeatureSource, 'dataset' | 'metric' | 'splits'>;

/** Sizes that belong to a dataset whatever it is called, as far as they tell splits apart; by name any sizes in that ratio. */
function isSwapped({ dataset, splits }: Source, name: string, { train, validation = 0, test }: Official): boolean {
  const [learned, judged] = [splits.train.rows + (splits.validation?.rows ?? 0), splits.test.rows];
  const all = train + validation;
  if (train === test) return false;
  const exact = judged === train || judged === all;
  if (exact && (splits.train.rows === test || learned === test || learned === test + validation)) return true;
  // A part of it keeps the ratio.
  const [ratio, found] = [Math.log(all / test), Math.log(learned / judged)];
  return dataset === name && Math.abs(ratio) > 0.4 && Math.abs(found + ratio) < 0.1;
}

/** Splits that are the other way round: few flowers are to be learned from, and many to be judged on. */
export function flagSwapped(source: Source): Flag[] {
  const found = Object.entries(OFFICIAL).find(([name, official]) => isSwapped(source, name, official));
  if (!found) return [];
  const [name, { train, test }] = found;
  const { dataset, splits } = source;
  const message = `splits swapped: ${dataset} has ${thousands(splits.train.rows)} rows in train and ${thousands(splits.test.rows)} in test; ${name} has ${thousands(train)} and ${thousands(test)}. exchange them`;
  return [{ kind: 'splits-swapped', dataset, message }];
}

/** A dataset of the paper's, known by its name and the size of its test split, that is scored by another metric. */
export function flagMetric({ dataset, metric, splits }: Source): Flag[] {
  const official = OFFICIAL[dataset];
  if (!official || official.metric === metric || official.test !== splits.test.rows) return [];
  const message = `wrong metric: ${dataset} is scored by ${metric} here and by ${official.metric} in the paper (section B.8). run npm run pipeline -- run <pipeline> --force ingest`;
  return [{ kind: 'wrong-metric', dataset, message }];
}
