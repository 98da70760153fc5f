import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeEncoded, imagePath, loadEncoded, loadPixels, readImage, readSplitInfo } from '@simclr/shards';
import { memoryLog, parseConfig, UserError } from '@simclr/stage';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import planIngest from './plan.ts';
import stage from './stage.ts';

let dir: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ingest-'));
  for (const [label, name] of ['cats', 'dogs'].entries()) {
    mkdirSync(join(dir, 'images', name), { recursive: true });
    for (let i = 0; i < 10; i++) {
      const background = { r: 100 * label + i, g: 7, b: 9 };
      const file = join(dir, 'images', name, `${i}.png`);
      await sharp({ create: { width: 20, height: 12, channels: 3, background } })
        .png()
        .toFile(file);
    }
  }
});
afterEach(() => rmSync(dir, { recursive: true }));

const pets = () => ({ name: 'pets', folder: join(dir, 'images'), size: 6, testFraction: 0.2 });
/** A row of a table as an object. */
const fields = (row: string) => {
  const [path, label] = row.split(',');
  return { path, label };
};
const run = async (datasets: unknown[], out = join(dir, 'out')) => {
  const log = memoryLog();
  const config = parseConfig(stage.config, { datasets }, 'ingest', 'configs/test.json');
  const { signal } = new AbortController();
  const result = await stage.run({ config, inputs: {}, out, work: join(dir, 'work'), log, seed: 3, signal });
  return { ...log.logged, result };
};

describe('the stage ingest', () => {
  it('writes shards of one’s own images that the other stages read', async () => {
    const { result, tags } = await run([pets()]);
    expect(readdirSync(join(dir, 'out/pets')).sort()).toEqual(['dataset.json', 'dataset_dict.json', 'test', 'train']);
    expect(JSON.parse(readFileSync(join(dir, 'out/pets/dataset_dict.json'), 'utf8'))).toEqual({
      splits: ['train', 'test'],
    });
    const [train, test] = [loadPixels(join(dir, 'out/pets/train')), loadPixels(join(dir, 'out/pets/test'))];
    expect(train).toMatchObject({ shape: [6, 6, 3], classes: ['cats', 'dogs'], rows: 16 });
    expect([...test.labels]).toEqual([0, 0, 1, 1]);
    const reds = [train, test].flatMap(({ data, rows }) => Array.from({ length: rows }, (_, i) => data[108 * i]!));
    expect(reds.sort((a, b) => a - b)).toEqual(
      [0, 100].flatMap((from) => Array.from({ length: 10 }, (_, i) => from + i)),
    );
    // Counts are no metrics: two runs are compared by results.
    expect(result.metrics).toEqual({});
    expect(tags).toMatchObject({ 'pets/train_rows': '16', 'pets/test_rows': '4', 'pets/rows': '20' });
  });

  it('logs both splits as inputs of the run, and says what it wrote', async () => {
    const { datasets, info, metrics, tags } = await run([pets()]);
    const folder = (split: string) => join(dir, 'out/pets', split);
    expect(datasets).toEqual([
      expect.objectContaining({ name: 'pets/train', context: 'training', rows: 16, shape: [6, 6, 3] }),
      expect.objectContaining({ name: 'pets/test', context: 'evaluation', rows: 4 }),
    ]);
    expect(datasets.map(({ digest }) => digest)).toEqual(['train', 'test'].map((s) => readSplitInfo(folder(s)).digest));
    expect(info).toEqual(['pets: 16 train and 4 test images of 6×6×3, 2 classes']);
    expect(metrics).toEqual([]);
    expect(Number(tags['pets/seconds'])).toBeGreaterThanOrEqual(0);
  });

  it('writes the same bytes again', async () => {
    const [a, b] = [join(dir, 'a'), join(dir, 'b')];
    await run([pets()], a);
    await run([pets()], b);
    const files = readdirSync(a, { recursive: true, encoding: 'utf8' }).filter((file) => /\.\w+$/.test(file));
    expect(files).toHaveLength(10);
    for (const file of files) expect(readFileSync(join(b, file)).equals(readFileSync(join(a, file)))).toBe(true);
  });

  it('refuses a dataset given twice before it writes anything', async () => {
    const twice = run([pets(), pets()]);
    await expect(twice).rejects.toThrow(new UserError('dataset given twice: pets. give each its own name'));
    expect(existsSync(join(dir, 'out'))).toBe(false);
  });

  it.each(['..', '.hidden', 'a/b', ''])('refuses the name %j', async (name) => {
    await expect(run([{ ...pets(), name }])).rejects.toThrow(UserError);
  });

  it('counts the images where the config says how many there are', async () => {
    const images = { train: 16, test: 5 };
    await expect(run([{ ...pets(), images }])).rejects.toThrow(
      new UserError('wrong number of images: pets/test has 4. expected 5 (ingest.datasets[].images)'),
    );
    await run([{ ...pets(), images: { train: 16, test: 4 } }]);
  });

  it('keeps files as they are, whatever their size, with their paths', async () => {
    await sharp({ create: { width: 9, height: 30, channels: 3, background: 'red' } })
      .toColourspace('cmyk')
      .jpeg()
      .toFile(join(dir, 'images/dogs/0.jpg'));
    const { tags, info } = await run([pets(), { ...pets(), name: 'photos', size: null }]);
    expect(tags).toMatchObject({ 'pets/rows': '21', 'photos/train_rows': '17', 'photos/test_rows': '4' });
    expect(info.at(-1)).toBe('photos: 17 train and 4 test images as files, 2 classes');
    const seen = new Set<string>();
    for (const split of ['train', 'test']) {
      const folder = join(dir, 'out/photos', split);
      const images = loadEncoded(folder);
      expect(images.classes).toEqual(['cats', 'dogs']);
      for (let row = 0; row < images.rows; row++) {
        const path = imagePath(folder, row);
        seen.add(path);
        expect(path.startsWith(images.classes[images.labels[row]!]!)).toBe(true);
        expect(Buffer.from(readImage(images, row)).equals(readFileSync(join(dir, 'images', path)))).toBe(true);
      }
      closeEncoded(images);
    }
    expect(seen.size).toBe(21);
  });

  it('ends when it is told to', async () => {
    const config = parseConfig(stage.config, { datasets: [pets()] }, 'ingest', 'configs/test.json');
    const context = { inputs: {}, out: join(dir, 'out'), work: join(dir, 'work'), log: memoryLog(), seed: 3 };
    const stopped = stage.run({ ...context, config, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toHaveProperty('name', 'AbortError');
  });

  it('names the file that is no image', async () => {
    writeFileSync(join(dir, 'images/cats/3.png'), 'no picture');
    for (const size of [6, null])
      await expect(run([{ ...pets(), size }])).rejects.toThrow(/^undecodable image: .*\/images\/cats\/3\.png\. .*/);
  });

  it('lists and counts what it leaves out', async () => {
    writeFileSync(join(dir, 'images/cats/3.png'), 'no picture');
    const { tags, info } = await run([{ ...pets(), maxSkipped: 0.05 }]);
    expect(tags).toMatchObject({ 'pets/rows': '19', 'pets/skipped': '1' });
    const reason = 'a text file, not an image: it begins with "no picture"';
    expect(JSON.parse(readFileSync(join(dir, 'out/pets/skipped.jsonl'), 'utf8'))).toEqual({
      path: 'cats/3.png',
      reason,
    });
    expect(info[0]).toBe(
      `pets: 1 of 20 images cannot be decoded and are left out (skipped.jsonl): cats/3.png, ${reason}`,
    );
  });

  it('reads an archive anew each time, says whose files it means, and leaves nothing of it in its folder', async () => {
    const archive = join(dir, 'pets.tar.gz');
    const pack = () => execFileSync('tar', ['czf', archive, '-C', dir, 'images']);
    const packed = { ...pets(), folder: archive };
    writeFileSync(join(dir, 'images/cats/3.png'), 'no picture');
    pack();
    await expect(run([packed])).rejects.toThrow(`undecodable image: ${archive}/images/cats/3.png. `);
    expect(readdirSync(join(dir, 'work'))).toEqual([]);
    rmSync(join(dir, 'images/cats/3.png'));
    pack();
    const { info, tags } = await run([packed]);
    expect(tags).toMatchObject({ 'pets/rows': '19' });
    expect(info[0]).toBe(`pets: its classes are the folders of ${archive}/images`);
    expect(readdirSync(join(dir, 'work'))).toEqual([]);
  });

  it('refuses what cannot be split into classes for training and tests', async () => {
    rmSync(join(dir, 'images/dogs'), { recursive: true });
    await expect(run([pets()])).rejects.toThrow(/^one class: .*images has images of cats alone\. at least two/);
    await expect(run([{ ...pets(), folder: '/nowhere.zip' }])).rejects.toThrow(
      /^missing folder or archive: \/nowhere\.zip/,
    );
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    await expect(run([{ ...pets(), folder: join(dir, 'pipe') }])).rejects.toThrow(
      /^not a folder or archive: .*pipe is a fifo\. correct the config of ingest \(ingest\.datasets\[\]\.folder\)$/,
    );
    await expect(run([{ ...pets(), folder: 'https://x.org/a.zip' }])).rejects.toThrow(
      /^not a path: https.* download it/,
    );
  });

  it('plans from the config alone', () => {
    const datasets = ['cifar10', { name: 'mine', folder: '/nowhere' }, { name: 'photos', folder: '/x', size: null }];
    const plan = (given: unknown[]) =>
      planIngest(parseConfig(stage.config, { datasets: given }, 'ingest', 'configs/test.json'));
    expect(plan(datasets)).toEqual({
      facts: {
        cifar10: '50,000 train and 10,000 test images, 32×32×3',
        mine: 'images unknown until ingest, 32×32×3',
        photos: 'images unknown until ingest, files of any size',
      },
      datasets: {
        cifar10: { shape: [32, 32, 3], train: 50_000, test: 10_000, classes: 10 },
        mine: { shape: [32, 32, 3], train: undefined, test: undefined },
        photos: { shape: null, train: undefined, test: undefined },
      },
      missing: 'missing folder or archive: /nowhere; missing folder or archive: /x',
    });
  });

  it('takes the classes from a table, of a folder and of an archive', async () => {
    const rows = ['cats/0.png,warm', 'dogs/1.png,warm', 'cats/2.png,cold', 'dogs/3.png,cold'];
    writeFileSync(join(dir, 'images/labels.csv'), `path,label\n${rows.join('\n')}\n`);
    const packed = rows.map((row) => `images/${row}`);
    writeFileSync(join(dir, 'packed.jsonl'), packed.map((row) => JSON.stringify(fields(row))).join('\n'));
    execFileSync('tar', ['czf', join(dir, 'packed.tgz'), '-C', dir, 'images']);
    const tabled = [
      { ...pets(), table: 'labels.csv', testFraction: 0.5 },
      { ...pets(), name: 'packed', folder: join(dir, 'packed.tgz'), table: 'packed.jsonl', testFraction: 0.5 },
    ];
    const { info } = await run(tabled);
    for (const name of ['pets', 'packed']) {
      expect(info).toContain(`${name}: 2 train and 2 test images of 6×6×3, 2 classes`);
      const splits = ['train', 'test'].map((split) => loadPixels(join(dir, 'out', name, split)));
      expect(splits.map(({ classes, labels }) => [classes, [...labels].sort()])).toEqual(
        Array(2).fill([
          ['cold', 'warm'],
          [0, 1],
        ]),
      );
    }
  });

  it('refuses what a published dataset cannot give', async () => {
    await expect(run([{ name: 'cifar10', size: 64 }])).rejects.toThrow(
      'fixed size: cifar10 is published as pixels of 32×32×3. leave out its size (ingest.datasets[].size)',
    );
    await expect(run([{ name: 'imagenet', trainList: '/nowhere.txt' }])).rejects.toThrow(
      /^missing (archive: ILSVRC2012_img_train\.tar|list: \/nowhere\.txt)/,
    );
  });

  it('refuses an unknown dataset', async () => {
    await expect(run(['mnist'])).rejects.toThrow(
      /^invalid config value: ingest\.datasets\[0\] = "mnist"\. expected one of fashion-mnist, digits, .*, flowers, .*, or \{ "name": …, "folder": … \}\. correct configs\/test\.json$/,
    );
    await expect(run([{ ...pets(), sise: 8 }])).rejects.toThrow(
      'unknown config key: ingest.datasets[0].sise. allowed: folder, images, maxSkipped, name, size, table, testFraction. correct configs/test.json',
    );
    await expect(run([{ name: 'cars', sise: 8 }])).rejects.toThrow(
      /^unknown config key: ingest\.datasets\[0\]\.sise\. allowed: .*maxSkipped, name, repacked, size, trainList\./,
    );
  });
});
