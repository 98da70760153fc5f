import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSplitInfo, writeDatasetDict, writeEncodedSplit, writePixelSplit } from '@simclr/shards';
import { defineStage, type StageContext, UserError } from '@simclr/stage';
import { ARCHIVES, datasetNames, type FolderDataset, IngestConfig } from './config.ts';
import type { ImageFiles, Images, Rows } from './dataset.ts';
import { fetchFiles } from './fetch-files.ts';
import { readImageFolder } from './folder.ts';
import { planIngest } from './plan.ts';
import { folderOf } from './unpack.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** Writes every dataset as `<name>/{train,test}`, folders of Arrow shards. Archives are also looked for in SIMCLR_ARCHIVES (folders separated by colons). */
export default defineStage({
  name: 'ingest',
  config: IngestConfig,
  plan: planIngest,
  async run(context) {
    const { config, log, out, signal } = context;
    const counts: Record<string, string> = {};
    const names = datasetNames(config);
    for (const [i, wanted] of config.datasets.entries()) {
      const name = names[i]!;
      const started = performance.now();
      const images = await readImages(wanted, context);
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

async function readImages(
  wanted: IngestConfig['datasets'][number],
  { log, seed, signal, work }: StageContext<unknown>,
): Promise<Images | ImageFiles> {
  if (typeof wanted !== 'string') return readFolder(wanted, seed, work);
  const dataset = ARCHIVES[wanted]!;
  const contents = await fetchFiles(dataset.files, {
    folders: (process.env.SIMCLR_ARCHIVES ?? '').split(':').filter(Boolean),
    cache: join(REPOSITORY, '.cache/archives'),
    python: join(REPOSITORY, '.venv/bin/python'),
    info: (message) => log.info(message),
    signal,
  });
  return dataset.read(contents);
}

async function readFolder(
  { name, folder, size, testFraction, images }: FolderDataset,
  seed: number,
  work: string,
): Promise<Images | ImageFiles> {
  const read = readImageFolder({
    folder: await folderOf(resolve(REPOSITORY, folder), join(work, name)),
    size,
    testFraction,
    seed,
    concurrency: 2 * availableParallelism(),
  });
  for (const split of ['train', 'test'] as const) {
    const { count } = read[split];
    if (!images || count === images[split]) continue;
    throw new UserError(
      `wrong number of images: ${name}/${split} has ${count}. expected ${images[split]} (ingest.datasets[].images)`,
    );
  }
  return read;
}
