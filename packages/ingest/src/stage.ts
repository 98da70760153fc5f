import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { writeSkipped } from '@simclr/artifacts';
import { readSplitInfo, writeDatasetDict, writeEncodedSplit, writePixelSplit } from '@simclr/shards';
import { defineStage, type Progress, type StageContext } from '@simclr/stage';
import { ARCHIVES, datasetNames, type FolderDataset, IngestConfig } from './config.ts';
import type { ImageFiles, Images, Rows } from './dataset.ts';
import { fetchFiles } from './fetch-files.ts';
import { readImageFolder, type Sifted } from './folder.ts';
import { openSource } from './open-source.ts';
import { planIngest } from './plan.ts';
import { requireSplits } from './require-splits.ts';
import { REPOSITORY, sourcePath } from './source-path.ts';

/** Folder for the images of an archive while they are read. */
const UNPACKED = 'unpacked';

type Read = (Images | ImageFiles) & Partial<Sifted>;

/** Writes every dataset as `<name>/{train,test}`, folders of Arrow shards. Archives are also looked for in SIMCLR_ARCHIVES (folders separated by colons). */
export default defineStage({
  name: 'ingest',
  config: IngestConfig,
  plan: planIngest,
  async run(context) {
    const { config, log, out, signal, work } = context;
    using _unpacked = { [Symbol.dispose]: () => rmSync(join(work, UNPACKED), { recursive: true, force: true }) };
    const counts: Record<string, string> = {};
    const names = datasetNames(config);
    for (const [i, wanted] of config.datasets.entries()) {
      const name = names[i]!;
      const started = performance.now();
      const images = await readImages(wanted, context);
      for (const note of images.notes ?? []) log.info(`${name}: ${note}`);
      const progress = log.progress(images.train.count + images.test.count, 'images');
      let done = 0;
      for (const split of ['train', 'test'] as const) {
        const folder = join(out, name, split);
        const { classes } = images;
        const { count } = images[split];
        const counted = async function* <Row>({ rows }: Rows<Row>) {
          for await (const row of rows) {
            signal.throwIfAborted();
            yield row;
            if (++done % 1000 === 0) progress.update(done);
          }
        };
        const options = { dataset: name, split };
        if (images.shape)
          await writePixelSplit(folder, { classes, shape: images.shape }, counted(images[split]), options);
        else await writeEncodedSplit(folder, { classes, shape: null }, counted(images[split]), options);
        const { digest } = readSplitInfo(folder);
        log.dataset({
          name: `${name}/${split}`,
          digest,
          context: split === 'train' ? 'training' : 'evaluation',
          source: folder,
          rows: count,
        });
        counts[`${name}/${split}_rows`] = String(count);
      }
      progress.stop();
      writeDatasetDict(join(out, name), ['train', 'test']);
      counts[`${name}/rows`] = String(done);
      const { skipped = [] } = images;
      if (skipped.length > 0) {
        writeSkipped(join(out, name), skipped);
        counts[`${name}/skipped`] = String(skipped.length);
      }
      counts[`${name}/seconds`] = ((performance.now() - started) / 1000).toFixed(1);
      const { train, test, shape, classes } = images;
      const format = shape ? `of ${shape.join('×')}` : 'as files';
      log.info(`${name}: ${train.count} train and ${test.count} test images ${format}, ${classes.length} classes`);
    }
    // How many images there are is no result that runs are compared by.
    log.tags(counts);
    return { metrics: {} };
  },
});

async function readImages(wanted: IngestConfig['datasets'][number], context: StageContext<unknown>): Promise<Read> {
  const { log, signal, work } = context;
  if (typeof wanted !== 'string') return readFolder(wanted, context);
  const dataset = ARCHIVES[wanted]!;
  const contents = await fetchFiles(dataset.files, {
    folders: (process.env.SIMCLR_ARCHIVES ?? '').split(':').filter(Boolean),
    cache: join(REPOSITORY, '.cache/archives'),
    python: join(REPOSITORY, '.venv/bin/python'),
    work,
    info: (message) => log.info(message),
    signal,
  });
  return dataset.read(contents);
}

async function readFolder(wanted: FolderDataset, { log, seed, signal, work }: StageContext<unknown>): Promise<Read> {
  const { folder, size, testFraction, maxSkipped } = wanted;
  const path = sourcePath(folder);
  let progress: Progress | undefined;
  const { files, notes } = await openSource(path, join(work, UNPACKED), {
    signal,
    onProgress(bytes, of) {
      progress ??= log.progress(megabytes(of), 'MB of the archive');
      progress.update(megabytes(bytes));
    },
  });
  progress?.stop();
  let checking: Progress | undefined;
  const read = await readImageFolder({
    folder: path,
    found: files,
    size,
    testFraction,
    seed,
    concurrency: 2 * availableParallelism(),
    maxSkipped,
    checked(done, total) {
      signal.throwIfAborted();
      checking ??= log.progress(total, 'images checked');
      if (done % 100 === 0) checking.update(done);
    },
  }).finally(() => checking?.stop());
  const { classes, train, test } = read;
  requireSplits(path, wanted, { classes, train: train.count, test: test.count });
  return { ...read, notes: [...notes, ...(read.notes ?? [])] };
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);
