import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeEncoded, imagePath, loadEncoded, loadPixels, writeDatasetDict, writeEncodedSplit } from '@simclr/shards';
import { memoryLog, parseConfig, UserError } from '@simclr/stage';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import planIngest from './plan.ts';
import stage from './stage.ts';
import { tableFile } from './testdata/tables.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tables-'));
  mkdirSync(join(dir, 'in'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const parse = (folder: string, more: object) =>
  parseConfig(stage.config, { dataset: { name: 'pets', folder: join(dir, folder), ...more } }, 'ingest', 'x.json');
const run = async (folder = 'in', more: object = { size: null }) => {
  const log = memoryLog();
  const { signal } = new AbortController();
  const options = { inputs: {}, out: join(dir, 'out'), work: join(dir, 'work'), log, seed: 3, signal };
  await stage.run({ ...options, config: parse(folder, more) });
  return log.logged;
};
const put = (name: string, bytes: Uint8Array) => {
  mkdirSync(join(dir, 'in', name, '..'), { recursive: true });
  writeFileSync(join(dir, 'in', name), bytes);
};
/** Paths and labels of a split that was written. */
const written = (split: string) => {
  const folder = join(dir, 'out/pets', split);
  const images = loadEncoded(folder);
  closeEncoded(images);
  return Array.from(images.labels, (label, row) => [imagePath(folder, row), images.classes[label]]);
};
const ALL = ['cat', 'dog', 'dog', 'cat', 'dog'].map((name, i) => [`${i}.png`, name]);

/** A split as `save_to_disk` has it, of grey images of 4×4. */
const save = async (split: string, labels: number[], classes = ['ant', 'bee', 'cow']) => {
  const rows = labels.map(async (label, i) => {
    const background = { r: 9 * i, g: 9 * i, b: 9 * i };
    const bytes = await sharp({ create: { width: 4, height: 4, channels: 3, background } })
      .png()
      .toBuffer();
    return { bytes, path: `${split}-${i}.png`, label };
  });
  const options = { dataset: 'x', split, shardBytes: 500 };
  await writeEncodedSplit(join(dir, 'in', split), { classes, shape: null }, await Promise.all(rows), options);
};

describe('a dataset of Hugging Face', () => {
  it('is read as save_to_disk wrote it, with its splits, files and class names', async () => {
    await save('train', [2, 0, 2, 1, 1, 0]);
    await save('test', [1, 0]);
    writeDatasetDict(join(dir, 'in'), ['train', 'test']);
    const { info } = await run();
    expect(info.at(-1)).toBe('pets: 6 train and 2 test images as files, 3 classes');
    expect(written('train').map(([, name]) => name)).toEqual(['cow', 'ant', 'cow', 'bee', 'bee', 'ant']);
    expect(written('test')).toEqual([
      ['test-0.png', 'bee'],
      ['test-1.png', 'ant'],
    ]);
    expect(planIngest(parse('in', { size: null }))).toMatchObject({
      datasets: { pets: { train: 6, test: 2, classes: 3 } },
    });
  });

  it('is split where it has one split, and brought to a size', async () => {
    await save('train', [0, 1, 0, 1, 0, 1, 0, 1, 2, 2]);
    await run('in/train', { size: 8, testFraction: 0.3 });
    const [train, test] = ['train', 'test'].map((split) => loadPixels(join(dir, 'out/pets', split)));
    expect([train!.rows, [...test!.labels].sort()]).toEqual([7, [0, 1, 2]]);
    expect(train!.shape).toEqual([8, 8, 3]);
  });

  it.each([
    ['data/train-00000-of-00001.parquet', 'data/test-00000-of-00001.parquet'],
    ['default/train/0000.parquet', 'default/validation/0000.parquet'],
    ['pets-train.parquet', 'pets-test.parquet'],
  ])('is read from a folder as on the hub: %s', async (train, test) => {
    put(train, tableFile('snappy'));
    put(test, tableFile('zstdV2'));
    put('README.md', Buffer.from('---\n'));
    await run();
    expect(written('train')).toEqual(ALL);
    expect(written('test')).toEqual(ALL);
  });

  it.each(['snappy', 'stream', 'file'] as const)('is read from one file, whatever its name: %s', async (name) => {
    put('some.data', tableFile(name));
    await run('in/some.data', { size: null, testFraction: 0.4 });
    expect([...written('train'), ...written('test')].sort()).toEqual(ALL);
  });

  it('takes of more than one split what there is', async () => {
    for (const split of ['train', 'validation', 'test']) put(`${split}-00000-of-00001.parquet`, tableFile('snappy'));
    const { info } = await run();
    expect(info[0]).toBe('pets: validation is joined to train');
    expect(info.at(-1)).toMatch(/10 train and 5 test/);
    await save('train', [0, 0, 1]);
    await save('test', [0, 1]);
    renameSync(join(dir, 'in/test'), join(dir, 'in/extra'));
    writeDatasetDict(join(dir, 'in'), ['train', 'extra']);
    expect((await run('in', { size: null, testFraction: 0.5 })).info[0]).toMatch(/^pets: left out what .*: extra$/);
  });
});

describe('a dataset of Hugging Face that is none', () => {
  const refused = (folder?: string, more?: object) => run(folder, more).catch((error: Error) => error);

  it('is refused with what it has, and what was expected', async () => {
    put('train.parquet', tableFile('delta'));
    expect(await refused()).toEqual(
      new UserError(
        `no column of images: ${dir}/in/train.parquet has the columns label. expected one called image, img, jpg, jpeg, png, picture`,
      ),
    );
    put('train.parquet', tableFile('nulls'));
    expect(String(await refused('in', { size: null, testFraction: 0.4 }))).toMatch(
      /^UserError: undecodable image: pets: train\/1\. an empty file/,
    );
    rmSync(join(dir, 'in/train.parquet'));
    put('test.parquet', tableFile('snappy'));
    expect(String(await refused())).toMatch(/^UserError: no train: .*\/in has test\. name one split, or add train$/);
    put('en/train.parquet', tableFile('snappy'));
    put('de/train.parquet', tableFile('snappy'));
    expect(String(await refused())).toMatch(
      /^UserError: several datasets: .* has train in de and in en\. name the folder/,
    );
  });

  it('is refused where a label is of no class', async () => {
    await save('train', [0, 1, 2, 3], ['a', 'b', 'c', 'd']);
    await save('test', [0, 1], ['a', 'b']);
    writeDatasetDict(join(dir, 'in'), ['train', 'test']);
    expect(String(await refused())).toMatch(/^UserError: classes differ: .* do not have the same classes/);
  });

  it('is refused where files are missing, elsewhere, or damaged', async () => {
    await save('train', [0, 1]);
    writeDatasetDict(join(dir, 'in'), ['train', 'test']);
    expect(String(await refused())).toMatch(/^UserError: incomplete dataset: .*\/in\/test has no state\.json/);
    writeDatasetDict(join(dir, 'in'), ['train', '../secret']);
    expect(String(await refused())).toMatch(/^UserError: invalid dataset: .*\/dataset_dict\.json: splits\.1: /);
    writeFileSync(join(dir, 'in/dataset_dict.json'), '{"splits": [');
    expect(String(await refused())).toMatch(/^UserError: invalid dataset: .*dataset_dict\.json is no JSON/);
    cpSync(join(dir, 'in/train'), join(dir, 'copy'), { recursive: true });
    writeFileSync(join(dir, 'copy/data-00000-of-00001.arrow'), tableFile('stream').subarray(0, 2000));
    expect(String(await refused('copy'))).toMatch(/^UserError: broken Arrow file: .*: it ends too soon/);
  });
});
