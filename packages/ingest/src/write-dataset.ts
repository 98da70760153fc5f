import { join } from 'node:path';
import { type DatasetInfo, writeDatasetInfo, writeSkipped } from '@simclr/artifacts';
import {
  type About,
  type AnyRow,
  type ImageShape,
  readSplitInfo,
  type SplitName,
  SplitWriter,
  writeDatasetDict,
} from '@simclr/shards';
import type { DatasetRow, Metric } from './dataset.ts';
import { SplitDigest } from './split-digest.ts';
import type { Duplicates } from './tally.ts';

export interface WrittenDataset {
  name: string;
  title: string;
  metric: Metric;
  classes: string[];
  severalLabels?: boolean | undefined;
  shape: ImageShape | null;
  /** In the order in which they are listed. */
  splits: readonly SplitName[];
  licence?: string | undefined;
  homepage?: string | undefined;
  citation?: string | undefined;
}

/** Writes the rows of a dataset to its splits as they come, in `folder`: `<split>/` and what describes them. */
export async function writeRows(
  folder: string,
  dataset: WrittenDataset,
  rows: AsyncIterable<DatasetRow>,
): Promise<DatasetInfo['splits']> {
  const { name, classes, shape, severalLabels, splits } = dataset;
  const features = { classes, shape, ...(severalLabels && { severalLabels }) };
  const about: About | undefined = dataset.homepage
    ? {
        citation: dataset.citation ?? '',
        description: dataset.title,
        homepage: dataset.homepage,
        license: dataset.licence ?? '',
      }
    : undefined;
  const open = splits.map((split) => {
    const writer = new SplitWriter(join(folder, split), features, { dataset: name, split, ...(about && { about }) });
    return [split, { writer, digest: new SplitDigest() }] as const;
  });
  const written = new Map<SplitName, (typeof open)[0][1]>(open);
  try {
    for await (const row of rows) {
      const to = written.get(row.split);
      if (!to) throw new Error(`row of a split that ${name} has not: ${row.split}. expected ${splits.join(', ')}`);
      to.writer.add(row as AnyRow);
      to.digest.add(row);
    }
    for (const { writer } of written.values()) writer.close();
  } finally {
    for (const { writer } of written.values()) writer.abandon();
  }
  writeDatasetDict(folder, splits);
  const described = ([split, { writer, digest }]: (typeof open)[0]) => {
    const { digest: shards } = readSplitInfo(join(folder, split));
    return [split, { rows: writer.rows, digest: shards, list: digest.digest() }] as const;
  };
  return Object.fromEntries(open.map(described)) as DatasetInfo['splits'];
}

/** Writes what the dataset is, and what it lacks, beside its splits. */
export function describeDataset(
  folder: string,
  { name, title, metric, classes, severalLabels = false, licence, homepage, citation }: WrittenDataset,
  splits: DatasetInfo['splits'],
  lacks: { skipped: { path: string; reason: string }[]; missing: { path: string; reason: string }[] },
  duplicates: Duplicates[] = [],
): void {
  const all = [...lacks.skipped, ...lacks.missing];
  if (all.length > 0) writeSkipped(folder, all);
  const { skipped, missing } = lacks;
  writeDatasetInfo(folder, {
    name,
    title,
    metric,
    severalLabels,
    classes: classes.length,
    splits,
    skipped: skipped.length,
    missing: missing.length,
    ...(duplicates.length > 0 && { duplicates }),
    ...(licence && { licence }),
    ...(homepage && { homepage }),
    ...(citation && { citation }),
  });
}
