import { join } from 'node:path';
import { type DatasetInfo, type MissingDataset, readDatasetInfo, readMissing } from '@simclr/artifacts';
import { inputDatasets } from '@simclr/shards';
import { inputsOf, type StageInputs } from '@simclr/stage';
import type { Entry, Omission } from './entries.ts';
import { PAPER_DATASETS } from './paper.ts';

/** A dataset, which is a column of the table. */
export interface Column {
  dataset: string;
  title: string;
  /** Of at most five letters. */
  short: string;
  metric: DatasetInfo['metric'];
  /** What ingest said of it, where the report is given that. */
  info?: DatasetInfo;
  /** Folder of its splits. */
  folder?: string;
  /** Of one that is not here. */
  missing?: MissingDataset;
  /** Its place in the paper's table. */
  paper?: number;
}

type Found = Omit<Column, 'short' | 'paper'>;

/** Every dataset that was evaluated, was left out, or was to be: in the paper's order, then the others in that of the pipeline. */
export function columnsOf(
  inputs: StageInputs,
  entries: readonly Entry[],
  omissions: readonly Omission[] = [],
): Column[] {
  const wanted = new Set([...entries, ...omissions].map(({ row }) => row.dataset));
  const evaluated = new Map(entries.map(({ row }) => [row.dataset, row.metric]));
  const ingested = inputsOf(inputs, 'dataset').flatMap((input): Found[] => {
    const missing = readMissing(input.folder);
    if (missing) return [ofMissing(missing)];
    return inputDatasets({ dataset: [input] })
      .filter(({ name }) => wanted.has(name))
      .map(({ name, ingest }) => {
        const folder = join(ingest, name);
        const info = readDatasetInfo(folder);
        return { dataset: name, title: info.title, metric: info.metric, info, folder };
      });
  });
  const passedOn = inputsOf(inputs, 'results').flatMap(({ folder }) => readMissing(folder) ?? []);
  const others = [...evaluated].map(([dataset, metric]): Found => ({ dataset, title: dataset, metric }));
  const found = new Map<string, Found>();
  for (const each of [...ingested, ...passedOn.map(ofMissing), ...others])
    if (!found.has(each.dataset)) found.set(each.dataset, each);
  return [...found.values()]
    .map(named)
    .sort((a, b) => (a.paper ?? PAPER_DATASETS.length) - (b.paper ?? PAPER_DATASETS.length));
}

const ofMissing = (missing: MissingDataset): Found => {
  const { dataset, title, metric } = missing;
  return { dataset, title, metric, missing };
};

function named(found: Found): Column {
  const paper = PAPER_DATASETS.findIndex(({ dataset }) => dataset === found.dataset);
  const short = PAPER_DATASETS[paper]?.short ?? found.dataset.slice(0, 5);
  return { ...found, short, ...(paper >= 0 && { paper }) };
}
