import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { writeMissing } from '@simclr/artifacts';
import type { SplitName } from '@simclr/shards';
import { defineStage, type Progress, type StageContext } from '@simclr/stage';
import { ARCHIVE_CACHE, archiveFolders } from './archive-places.ts';
import { classHistogram } from './class-histogram.ts';
import { datasetNames, type FolderDataset, IngestConfig, type KnownDataset, wantedDataset } from './config.ts';
import { ContactSheet } from './contact-sheet.ts';
import { fetchFiles, filesThere } from './fetch-files.ts';
import { knownDataset, requireCounts } from './known.ts';
import { missingDataset } from './missing-dataset.ts';
import { MissingSource } from './missing-source.ts';
import type { ReadDataset } from './read-dataset.ts';
import { readKnown } from './read-known.ts';
import { megabytes, readOwn, UNPACKED } from './read-own.ts';
import { REPOSITORY, sourcePath } from './source-path.ts';
import { Tally } from './tally.ts';
import { describeDataset, writeRows } from './write-dataset.ts';

/**
 * Writes every dataset as `<name>/{train,test}` (and `validation` where there is an official one), folders of Arrow shards,
 * and `<name>/dataset.json`, what it is. Archives are also looked for in SIMCLR_ARCHIVES (folders separated by colons). A
 * dataset that is not here is named in `missing.json` instead, where the config wants that.
 */
export default defineStage({
  name: 'ingest',
  config: IngestConfig,
  async run(context) {
    const { config, work } = context;
    using _unpacked = { [Symbol.dispose]: () => rmSync(join(work, UNPACKED), { recursive: true, force: true }) };
    datasetNames(config);
    for (const given of config.datasets) {
      const started = performance.now();
      const wanted = wantedDataset(given);
      try {
        await writeDataset(await readWanted(wanted, context), context);
      } catch (error) {
        if (!(error instanceof MissingSource && config.missing === 'name')) throw error;
        context.log.info(`${wanted.name} is missing, and is named: ${error.message}`);
        writeMissing(context.out, missingDataset(wanted));
      }
      // How many images there are is no result that runs are compared by.
      context.log.tags({ [`${wanted.name}/seconds`]: ((performance.now() - started) / 1000).toFixed(1) });
    }
    return { metrics: {} };
  },
});

function readWanted(wanted: FolderDataset | KnownDataset, context: StageContext<unknown>): Promise<ReadDataset> {
  const concurrency = 2 * availableParallelism();
  return wanted.folder !== undefined ? readOwn(wanted, context, concurrency) : fetchKnown(wanted, context, concurrency);
}

async function writeDataset(dataset: ReadDataset, { log, out, signal }: StageContext<unknown>): Promise<void> {
  const { name, counts, classes, shape, notes, skipped, missing } = dataset;
  const tally = new Tally(classes.length);
  const sheet = new ContactSheet(classes, shape);
  for (const note of notes) log.info(`${name}: ${note}`);
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const progress = log.progress(total, 'images');
  let done = 0;
  async function* counted() {
    for await (const row of dataset.rows) {
      signal.throwIfAborted();
      tally.add(row);
      sheet.add(row);
      yield row;
      if (++done % 1000 === 0) progress.update(done);
    }
  }
  const folder = join(out, name);
  const described = { ...dataset, splits: Object.keys(counts) as SplitName[] };
  const splits = await writeRows(folder, described, counted()).finally(() => progress.stop());
  requireCounts(name, counts, splits, skipped.length + missing.length);
  const duplicates = tally.duplicates();
  describeDataset(folder, described, splits, { skipped, missing }, duplicates);
  for (const { split, alsoIn, images, example } of duplicates)
    log.info(`${name}: ${images} images of ${split} are in ${alsoIn} too, for example ${example}`);
  tellDataset(dataset, splits, tally, log);
  log.image(`${name}/contact-sheet`, await sheet.png());
  const perClass = described.splits.map((split) => [split, tally.perClass(split)] as const);
  log.image(`${name}/classes`, await classHistogram(classes, perClass));
}

function tellDataset(
  { name, shape, classes, skipped, missing, source }: ReadDataset,
  splits: Awaited<ReturnType<typeof writeRows>>,
  tally: Tally,
  log: StageContext<unknown>['log'],
): void {
  const tags: Record<string, string> = {};
  const told: string[] = [];
  let rows = 0;
  for (const [split, written] of Object.entries(splits) as [SplitName, (typeof splits)['train']][]) {
    const context = split === 'test' ? 'evaluation' : 'training';
    const { digest, rows: count } = written;
    const counted = tally.perClass(split);
    const perClass = Object.fromEntries(classes.map((each, label) => [each, counted[label]!]));
    log.dataset({ name: `${name}/${split}`, digest, context, source, rows: count, shape, perClass });
    tags[`${name}/${split}_rows`] = String(written.rows);
    // By which two people see that they used the same split.
    tags[`${name}/${split}_list`] = written.list;
    told.push(`${written.rows} ${split}`);
    rows += written.rows;
  }
  tags[`${name}/rows`] = String(rows);
  if (skipped.length > 0) tags[`${name}/skipped`] = String(skipped.length);
  if (missing.length > 0) tags[`${name}/missing`] = String(missing.length);
  log.tags(tags);
  if (missing.length > 0)
    log.info(
      `${name}: ${missing.length} of ${rows + skipped.length + missing.length} images are missing (skipped.jsonl), for example ${missing[0]!.path}: results on it are of a part of it`,
    );
  const format = shape ? `of ${shape.join('×')}` : 'as files';
  const last = told.pop();
  log.info(`${name}: ${told.join(', ')} and ${last} images ${format}, ${classes.length} classes`);
}

async function fetchKnown(
  wanted: KnownDataset,
  { log, signal, work }: StageContext<unknown>,
  concurrency: number,
): Promise<ReadDataset> {
  const dataset = knownDataset(wanted);
  const downloads = downloadProgress(log);
  try {
    const folders = archiveFolders();
    const from = wanted.from === undefined ? undefined : sourcePath(wanted.from);
    const paths = await fetchFiles(filesThere(dataset, from === undefined ? folders : [from, ...folders]), {
      from,
      folders,
      cache: ARCHIVE_CACHE,
      python: join(REPOSITORY, '.venv/bin/python'),
      work,
      repacked: wanted.repacked,
      info: (message) => log.info(message),
      onProgress: downloads.update,
      signal,
    });
    return await readKnown(dataset, { wanted, paths, concurrency, info: (line) => log.info(line), signal });
  } finally {
    downloads.stop();
  }
}

/** One bar for all files that are downloaded, whose sizes show one after the other. */
function downloadProgress(log: StageContext<unknown>['log']) {
  const files = new Map<string, { bytes: number; total: number }>();
  let bar: Progress | undefined;
  let known = 0;
  return {
    update(file: string, bytes: number, total: number | undefined) {
      if (total === undefined) return;
      files.set(file, { bytes, total });
      const sum = (of: 'bytes' | 'total') => [...files.values()].reduce((all, each) => all + each[of], 0);
      if (sum('total') !== known) {
        bar?.stop();
        known = sum('total');
        bar = log.progress(megabytes(known), `MB of ${[...files.keys()].join(', ')} downloaded`);
      }
      bar?.update(megabytes(sum('bytes')));
    },
    stop: () => bar?.stop(),
  };
}
