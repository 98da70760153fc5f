import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDatasetInfo } from '@simclr/artifacts';
import { closeEncoded, imagePath, loadEncoded, loadPixels, type SplitName } from '@simclr/shards';
import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KnownDataset } from './config.ts';
import type { Dataset } from './dataset.ts';
import { dtd } from './datasets/dtd.ts';
import { voc2007 } from './datasets/voc2007.ts';
import { requireCounts } from './known.ts';
import { readKnown } from './read-known.ts';
import { Files, lines } from './testdata/archives.ts';
import { describeDataset, writeRows } from './write-dataset.ts';

let photograph: Buffer;
beforeAll(async () => {
  const create = { width: 20, height: 12, channels: 3, background: '#c06030' } as const;
  photograph = await sharp({ create }).jpeg().toBuffer();
});
let files: Files;
let out: string;
beforeEach(() => {
  files = new Files();
  out = mkdtempSync(join(tmpdir(), 'known-'));
});
afterEach(() => {
  files[Symbol.dispose]();
  rmSync(out, { recursive: true });
});

const asked = (name: string, more: Partial<KnownDataset> = {}): KnownDataset => {
  return { name: name as KnownDataset['name'], size: null, maxSkipped: 0, repacked: false, ...more };
};

/** Reads and writes a dataset as the stage does it. */
async function ingest(dataset: Dataset, more: Partial<KnownDataset> = {}) {
  const told: string[] = [];
  const read = await readKnown(dataset, {
    wanted: asked(dataset.name, more),
    paths: files.paths,
    concurrency: 3,
    info: (line) => void told.push(line),
  });
  const described = { ...read, splits: Object.keys(read.counts) as SplitName[] };
  const splits = await writeRows(out, described, read.rows);
  requireCounts(dataset.name, read.counts, splits, read.skipped.length + read.missing.length);
  describeDataset(out, described, splits, read);
  return readDatasetInfo(out);
}

/** The official layout with five images. */
const small: Dataset = { ...dtd, classes: 2, splits: { train: 3, validation: 1, test: 1 } };
const textures = (change: Record<string, Buffer | string> = {}) =>
  files.pack('dtd-r1.0.1.tar.gz', {
    'dtd/labels/train1.txt': lines('banded/1.jpg', 'banded/2.jpg', 'zigzagged/1.jpg'),
    'dtd/labels/val1.txt': lines('zigzagged/2.jpg'),
    'dtd/labels/test1.txt': lines('banded/3.jpg'),
    ...Object.fromEntries(
      ['banded/3', 'banded/1', 'zigzagged/2', 'zigzagged/1', 'banded/2'].map((id) => [
        `dtd/images/${id}.jpg`,
        photograph,
      ]),
    ),
    ...change,
  });

describe('a published dataset', () => {
  it('becomes splits of files as they are, with what it is beside them', async () => {
    textures();
    const info = await ingest(small);
    expect(info).toMatchObject({
      name: 'dtd',
      metric: 'top-1',
      severalLabels: false,
      classes: 2,
      splits: { train: { rows: 3 }, validation: { rows: 1 }, test: { rows: 1 } },
      skipped: 0,
      missing: 0,
      homepage: dtd.homepage,
    });
    expect(JSON.parse(readFileSync(join(out, 'dataset_dict.json'), 'utf8'))).toEqual({
      splits: ['train', 'validation', 'test'],
    });
    const train = loadEncoded(join(out, 'train'));
    expect([...train.labels]).toEqual([0, 1, 0]);
    expect([0, 1, 2].map((row) => imagePath(join(out, 'train'), row))).toEqual([
      'banded/1.jpg',
      'zigzagged/1.jpg',
      'banded/2.jpg',
    ]);
    closeEncoded(train);
  });

  it('says the same of a split however its archive is packed, and another of another split', async () => {
    textures();
    const { train, test } = (await ingest(small)).splits;
    // Images before lists, in another order.
    textures({ 'dtd/labels/train1.txt': lines('zigzagged/1.jpg', 'banded/1.jpg', 'banded/2.jpg') });
    expect((await ingest(small)).splits.train).toEqual(train);
    textures({
      'dtd/labels/train1.txt': lines('banded/1.jpg', 'banded/3.jpg', 'zigzagged/1.jpg'),
      'dtd/labels/test1.txt': lines('banded/2.jpg'),
    });
    const { splits } = await ingest(small);
    expect(splits.train.list).not.toBe(train.list);
    expect(splits.test.list).not.toBe(test.list);
  });

  it('is brought to a size where one is asked for', async () => {
    textures();
    await ingest(small, { size: 8 });
    const { shape, data } = loadPixels(join(out, 'validation'));
    expect(shape).toEqual([8, 8, 3]);
    expect(Math.abs(data[0]! - 0xc0)).toBeLessThan(4);
  });

  it('trains on the images of a list alone', async () => {
    textures();
    const list = join(out, 'list.txt');
    writeFileSync(list, lines('banded/2.jpg', 'zigzagged/1.jpg'));
    expect((await ingest(small, { trainList: list })).splits).toMatchObject({ train: { rows: 2 }, test: { rows: 1 } });
    writeFileSync(list, lines('banded/2.jpg', 'banded/3.jpg'));
    await expect(ingest(small, { trainList: list })).rejects.toThrow(
      `unknown images: 1 of 2 in ${list} are not in the training split, for example banded/3.jpg. correct the list`,
    );
  });

  it('has its number of images and classes, or is refused', async () => {
    textures();
    await expect(ingest({ ...small, splits: { ...small.splits, test: 2 } })).rejects.toThrow(
      'wrong number of images: dtd/test has 1. expected 2. fetch its archives again',
    );
    await expect(ingest({ ...small, classes: 47 })).rejects.toThrow(
      'wrong number of classes: dtd has 2. expected 47. fetch its archives again',
    );
  });

  it('has no image that cannot be decoded, unless a share of them may be left out, which is told', async () => {
    textures({ 'dtd/images/banded/3.jpg': photograph.subarray(0, 200), 'dtd/images/banded/1.jpg': '' });
    await expect(ingest(small)).rejects.toThrow(
      /^undecodable image: dtd: banded\/(1|3)\.jpg\. .+\. ingest\.datasets\[\]\.maxSkipped/,
    );
    const info = await ingest(small, { maxSkipped: 0.4 });
    expect(info).toMatchObject({ skipped: 2, splits: { train: { rows: 2 }, test: { rows: 0 } } });
    expect(readFileSync(join(out, 'skipped.jsonl'), 'utf8')).toMatch(/"banded\/1\.jpg","reason":"an empty file/);
    await expect(ingest(small, { maxSkipped: 0.3 })).rejects.toThrow(/the first beyond .*maxSkipped = 0\.3$/);
  });

  it('keeps several labels an image', async () => {
    const at = 'VOCdevkit/VOC2007';
    const of = (...names: string[]) =>
      `<annotation>${names.map((name) => `<object><name>${name}</name><difficult>0</difficult></object>`).join('')}</annotation>`;
    files
      .pack('VOCtrainval_06-Nov-2007.tar', {
        [`${at}/Annotations/1.xml`]: of('bird', 'boat'),
        [`${at}/Annotations/2.xml`]: of('bird'),
        [`${at}/ImageSets/Main/train.txt`]: lines('1'),
        [`${at}/ImageSets/Main/val.txt`]: lines('2'),
        [`${at}/JPEGImages/1.jpg`]: photograph,
        [`${at}/JPEGImages/2.jpg`]: photograph,
      })
      .pack('VOCtest_06-Nov-2007.tar', {
        [`${at}/Annotations/3.xml`]: of('cow'),
        [`${at}/ImageSets/Main/test.txt`]: lines('3'),
        [`${at}/JPEGImages/3.jpg`]: photograph,
      });
    const info = await ingest({ ...voc2007, splits: { train: 1, validation: 1, test: 1 } });
    expect(info).toMatchObject({ metric: '11-point-map', severalLabels: true, classes: 20 });
    const train = loadEncoded(join(out, 'train'));
    expect([...train.targets!].flatMap((value, i) => (value === 1 ? [train.classes[i]] : []))).toEqual([
      'bird',
      'boat',
    ]);
    closeEncoded(train);
  });
});
