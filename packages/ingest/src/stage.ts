import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSplitInfo, writeDatasetDict, writePixelSplit } from '@simclr/shards';
import { defineStage, type StageContext, UserError, z } from '@simclr/stage';
import type { ArchiveDataset, Images } from './dataset.ts';
import { digits } from './datasets/digits.ts';
import { fashionMnist } from './datasets/fashion-mnist.ts';
import { fetchFiles } from './fetch-files.ts';
import { readImageFolder } from './folder.ts';
import { folderOf } from './unpack.ts';

const ARCHIVES: Record<string, ArchiveDataset> = { 'fashion-mnist': fashionMnist, digits };

const FolderDataset = z.strictObject({
  /** Name in the other stages' configs. */
  name: z.string().regex(/^\w[\w.-]*$/),
  /** Folder, or a .tar.gz of one, with a folder of images for each class; or with `train` and `test`, each such a folder. Relative to the repository. */
  folder: z.string(),
  /** Side in px to which the shorter side is resized before the centre is cut out. */
  size: z.int().min(4).default(32),
  /** Share of the images that becomes the test split, stratified; unused where there is a folder `test`. */
  testFraction: z.number().gt(0).lt(1).default(0.1),
});

/** Config of the stage `ingest`. */
const IngestConfig = z.strictObject({
  /** Known datasets by name, or one's own images. */
  datasets: z.array(z.union([z.enum(['fashion-mnist', 'digits']), FolderDataset])).min(1),
});

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** Writes every dataset as `<name>/{train,test}`, folders of Arrow shards. Archives are also looked for in SIMCLR_ARCHIVES (folders separated by colons). */
export default defineStage({
  name: 'ingest',
  config: IngestConfig,
  async run(context) {
    const { config, log, out } = context;
    const metrics: Record<string, number> = {};
    const names = config.datasets.map((wanted) => (typeof wanted === 'string' ? wanted : wanted.name));
    const twice = names.find((name, i) => names.indexOf(name) < i);
    if (twice !== undefined) throw new UserError(`dataset given twice: ${twice}. give each its own name`);
    for (const [i, wanted] of config.datasets.entries()) {
      const name = names[i]!;
      const started = performance.now();
      const images = await readImages(wanted, context);
      const progress = log.progress(images.train.count + images.test.count, 'images');
      let done = 0;
      for (const split of ['train', 'test'] as const) {
        const folder = join(out, name, split);
        const { classes, shape } = images;
        const { rows, count } = images[split];
        const counted = (async function* () {
          for await (const row of rows) {
            yield row;
            if (++done % 1000 === 0) progress.update(done);
          }
        })();
        await writePixelSplit(folder, { classes, shape }, counted, { dataset: name, split });
        const { digest } = readSplitInfo(folder);
        log.dataset({
          name: `${name}/${split}`,
          digest,
          context: split === 'train' ? 'training' : 'evaluation',
          source: folder,
          rows: count,
        });
        metrics[`${name}/${split}_rows`] = count;
      }
      progress.stop();
      writeDatasetDict(join(out, name), ['train', 'test']);
      metrics[`${name}/rows`] = done;
      log.metrics({ [`${name}/seconds`]: (performance.now() - started) / 1000 });
      log.info(
        `${name}: ${images.train.count} train and ${images.test.count} test images of ${images.shape.join('×')}, ${images.classes.length} classes`,
      );
    }
    log.metrics(metrics);
    return { metrics };
  },
});

async function readImages(
  wanted: z.infer<typeof IngestConfig>['datasets'][number],
  { log, seed, signal, work }: StageContext<unknown>,
): Promise<Images> {
  if (typeof wanted !== 'string') {
    const folder = await folderOf(resolve(REPOSITORY, wanted.folder), join(work, wanted.name));
    return readImageFolder({ ...wanted, folder, seed, concurrency: 2 * availableParallelism() });
  }
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
