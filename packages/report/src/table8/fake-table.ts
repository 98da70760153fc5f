import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DatasetMetric,
  type Flag,
  type Prediction,
  packFloats,
  type ResultRow,
  type RowKey,
  writeDatasetInfo,
  writeEncoderInfo,
  writeFeaturesInfo,
  writeMissing,
  writePredictions,
  writeResults,
} from '@simclr/artifacts';
import { meanAveragePrecision, meanPerClass, topOne } from '@simclr/probe';
import { writePixelSplit } from '@simclr/shards';
import type { StageInputs } from '@simclr/stage';
import { fakeEncoder } from '../fake-inputs.ts';

/** What the stages before a report with a table would have written, small, for tests. */
export interface FakeTable {
  /** Share of the test rows that each encoder gets right, about. */
  encoders: Record<string, number>;
  datasets: Record<string, DatasetMetric>;
  missing: string[];
  protocols: ResultRow['protocol'][];
  /** Of the linear probe: 1 is all of them. */
  labelFractions: number[];
  flags: Record<string, Flag[]>;
  /** Encoders that cannot be fine-tuned, and why. */
  untrainable?: Record<string, string>;
}

const CLASSES = ['cat', '<b>dog</b>', 'eel'];
const ROWS = 120;
const KINDS = { pretrained: 0, 'random-init': 0.25, pixels: 0.35 } as const;

/** In [0, 1), from a name and a number. */
function draw(name: string, at: number): number {
  let hash = 2166136261 ^ at;
  for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** Writes them under `dir`, a folder a task. @returns the stage's inputs */
export async function writeFakeTable(dir: string, fake: FakeTable): Promise<StageInputs> {
  const input = (task: string, item: Record<string, string>) => {
    const folder = join(dir, task);
    mkdirSync(folder, { recursive: true });
    return { task, item, folder };
  };
  const datasets = [...Object.keys(fake.datasets), ...fake.missing];
  const dataset = datasets.map((name) => input(`ingest@${name}`, { dataset: name }));
  for (const [name, metric] of Object.entries(fake.datasets))
    await writeFakeDataset(join(dir, `ingest@${name}`, name), name, metric);
  const encoder = Object.keys(fake.encoders).map((file) => input(`pretrain@${file}`, { file }));
  for (const { folder } of encoder) writeEncoderInfo(folder, fakeEncoder);
  const each = (stage: string) =>
    datasets.flatMap((name) =>
      Object.keys(fake.encoders).map((file) => input(`${stage}@${name}-${file}`, { dataset: name, file })),
    );
  const [features, results] = [each('features'), each('transfer')];
  for (const [i, { item, folder }] of results.entries()) {
    const [name, file] = [item.dataset!, item.file!];
    if (fake.missing.includes(name)) {
      const missing = {
        dataset: name,
        title: name,
        metric: 'top-1' as const,
        files: [`${name}.tar`],
        toDo: 'fetch it',
      };
      for (const each of [join(dir, `ingest@${name}`), features[i]!.folder, folder]) writeMissing(each, missing);
      continue;
    }
    const splits = { train: { rows: 300, digest: 'train' }, test: { rows: ROWS, digest: `test ${name}` } };
    const kinds = [{ kind: 'pretrained' as const, dim: 8 }];
    const about = { digest: `${file}0123456789abcdef`, parameters: 1_234_567 };
    writeFeaturesInfo(features[i]!.folder, {
      dataset: name,
      classes: CLASSES,
      metric: 'top-1',
      severalLabels: false,
      encoder: about,
      splits,
      kinds,
      flags: [],
    });
    writeEvaluation(folder, name, file, fake);
  }
  const measured = features.map((input) => ({
    ...input,
    metrics: { [`images_per_second/${input.item.dataset}`]: 1000 },
  }));
  return { dataset, encoder, features: measured, results };
}

async function writeFakeDataset(folder: string, name: string, metric: DatasetMetric): Promise<void> {
  const shape = [8, 8, 1] as const;
  for (const [split, count] of [
    ['train', 6],
    ['test', ROWS],
  ] as const) {
    const rows = Array.from({ length: count }, (_, i) => ({
      pixels: Uint8Array.from({ length: 64 }, (_, at) => (7 * i + at) % 256),
      label: i % CLASSES.length,
    }));
    await writePixelSplit(join(folder, split), { classes: CLASSES, shape }, rows, { dataset: name, split });
  }
  const split = (rows: number) => ({ rows, digest: 'd', list: `${name}-0123456789abcdef` });
  const splits = { train: split(6), test: split(ROWS) };
  const several = metric === '11-point-map';
  writeDatasetInfo(folder, {
    name,
    title: `The ${name}`,
    metric,
    severalLabels: several,
    classes: CLASSES.length,
    splits,
    skipped: 2,
    missing: 1,
  });
}

function writeEvaluation(folder: string, dataset: string, encoder: string, fake: FakeTable): void {
  const metric = fake.datasets[dataset]!;
  const classOf = Int32Array.from({ length: ROWS }, (_, i) => (i % 7 === 0 ? 2 : i % 2));
  const n = CLASSES.length;
  const several = Int32Array.from({ length: ROWS * n }, (_, at) =>
    at % n === classOf[Math.floor(at / n)] ? 1 : at % 11 === 0 ? 0 : -1,
  );
  const labels = metric === '11-point-map' ? several : classOf;
  const rows: ResultRow[] = [];
  const predictions: Prediction[] = [];
  const add = (key: RowKey, share: number) => {
    // Baselines are the same for every encoder.
    const name = `${key.features === 'pretrained' ? encoder : key.features} ${dataset} ${key.protocol} ${key.draw}`;
    const right = (i: number) => draw(name, i) < share * key.labelFraction ** 0.1;
    const predicted = Int32Array.from(classOf, (own, i) => (right(i) ? own : (own + 1) % n));
    const scores = Float32Array.from({ length: ROWS * n }, (_, at) => {
      const row = Math.floor(at / n);
      return (predicted[row] === at % n ? 1 : 0) + 0.5 * draw(`${name} score`, at);
    });
    const top1 = topOne(predicted, classOf);
    const score = { 'top-1': top1, 'mean-per-class': meanPerClass(predicted, classOf), '11-point-map': 0 }[metric];
    const linear = key.protocol === 'linear';
    rows.push({
      ...key,
      trainRows: 300,
      testRows: ROWS,
      metric,
      score: metric === '11-point-map' ? meanAveragePrecision(scores, labels, n) : score,
      top1,
      choice: linear ? { l2: 10 } : { k: 20 },
      ...(linear && {
        curve: [0.1, 1, 10, 100].map((l2) => ({ at: { l2 }, score: top1 - Math.abs(Math.log10(l2) - 1) / 20 })),
      }),
    });
    const ranked = metric === '11-point-map' && { scores: packFloats(scores) };
    predictions.push({ ...key, predicted: [...predicted], ...ranked });
  };
  const reason = fake.untrainable?.[encoder];
  for (const [features, less] of Object.entries(KINDS) as [keyof typeof KINDS, number][]) {
    const share = features === 'pretrained' ? fake.encoders[encoder]! : 0.9 - less;
    for (const protocol of fake.protocols.filter((each) => each !== 'fine-tune' || reason === undefined))
      for (const labelFraction of protocol === 'linear' ? fake.labelFractions : [1])
        for (let at = 0; at < (labelFraction < 1 ? 3 : 1); at++)
          add({ dataset, features, protocol, labelFraction, draw: at }, share);
  }
  const test = { dataset, digest: `test ${dataset}`, metric, classes: CLASSES, labels: [...labels] };
  const key = { dataset, features: 'pretrained', protocol: 'fine-tune', labelFraction: 1, draw: 0 } as const;
  const omitted = reason === undefined ? [] : [{ ...key, reason }];
  writeResults(folder, { rows, flags: fake.flags[encoder] ?? [], omitted });
  writePredictions(folder, { tests: [test], predictions });
}
