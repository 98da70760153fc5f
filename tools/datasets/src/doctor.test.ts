import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DATASETS } from '@simclr/ingest';
import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cifar, cifar100Layout } from '../../../packages/ingest/src/datasets/cifar.ts';
import { matFile } from '../../../packages/ingest/src/testdata/mat.ts';
import { check } from './check.ts';
import { Checksums } from './checksums.ts';
import type { Finding } from './finding.ts';
import type { Official, Published } from './official.ts';
import { openPublished } from './open-archives.ts';

const IMAGES = 20;
let pictures: Buffer[];
beforeAll(async () => {
  pictures = await Promise.all(Array.from({ length: IMAGES }, (_, seed) => picture(seed)));
});
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Smooth noise, other for each seed. @returns [side, side, 3] */
function noise(seed: number, side: number): Buffer {
  let state = seed + 1;
  return Buffer.from(
    Array.from({ length: side * side * 3 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}
const picture = (seed: number) =>
  sharp(noise(seed, 6), { raw: { width: 6, height: 6, channels: 3 } })
    .resize(64, 64, { kernel: 'cubic' })
    .jpeg()
    .toBuffer();

type Members = Record<string, Buffer | string>;
/** Archives by name; what is no object is a file of its own. */
type Archives = Record<string, Members | Buffer>;

function pack(archives: Archives): void {
  for (const [name, members] of Object.entries(archives)) {
    if (Buffer.isBuffer(members)) {
      writeFileSync(join(dir, name), members);
      continue;
    }
    const inside = mkdtempSync(join(dir, 'inside-'));
    for (const [path, content] of Object.entries(members)) {
      mkdirSync(dirname(join(inside, path)), { recursive: true });
      writeFileSync(join(inside, path), content);
    }
    execFileSync('tar', ['caf', join(dir, name), '--no-recursion', '-T', '-'], {
      cwd: inside,
      input: Object.keys(members).join('\n'),
    });
    rmSync(inside, { recursive: true });
  }
}

/** What the doctor says of archives. */
async function findingsOf(published: Published, archives: Archives, repacked = true): Promise<string[]> {
  pack(archives);
  const places = { folders: [dir], cache: join(dir, 'cache'), root: dir };
  const opened = await openPublished(published, places, new Checksums(join(dir, 'checksums')), repacked);
  const findings: Finding[] = 'rows' in opened ? (await check(opened)).findings : opened.findings;
  return findings.filter(({ severity }) => severity === 'error').map(({ thing, value }) => `${thing}: ${value}`);
}

const lines = (...all: string[]) => `${all.join('\n')}\n`;
type Change = (archives: Record<string, Members>) => void;

describe('dtd: two classes, one image of each a split', () => {
  const official: Official = { classes: ['banded', 'blotchy'], perClass: { train: 1, validation: 1, test: 1 } };
  const dataset = { ...DATASETS.dtd!, classes: 2, splits: { train: 2, validation: 2, test: 2 } };
  const at = (n: number) => `${n < 3 ? 'banded/banded' : 'blotchy/blotchy'}_000${n}.jpg`;
  const files = () => ({
    'dtd-r1.0.1.tar.gz': {
      'dtd/labels/train1.txt': lines(at(0), at(3)),
      'dtd/labels/val1.txt': lines(at(1), at(4)),
      'dtd/labels/test1.txt': lines(at(2), at(5)),
      ...Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`dtd/images/${at(n)}`, pictures[n]!])),
    } as Members,
  });
  const cases: [string, RegExp, Change][] = [
    [
      'a test image in train',
      /^duplicate across splits: train\/banded\/banded_0000.jpg and test\/blotchy/,
      (f) => (f['dtd-r1.0.1.tar.gz']![`dtd/images/${at(5)}`] = pictures[0]!),
    ],
    [
      'an image twice in train',
      /^duplicate within train: /,
      (f) => (f['dtd-r1.0.1.tar.gz']![`dtd/images/${at(3)}`] = pictures[0]!),
    ],
    [
      'a truncated JPEG',
      /^undecodable image: dtd\/test\/banded\/banded_0002.jpg\. /,
      (f) => (f['dtd-r1.0.1.tar.gz']![`dtd/images/${at(2)}`] = pictures[2]!.subarray(0, -200)),
    ],
    [
      'a zero-byte file',
      /^undecodable image: dtd\/test\/banded\/banded_0002.jpg\. there is nothing in it/,
      (f) => (f['dtd-r1.0.1.tar.gz']![`dtd/images/${at(2)}`] = ''),
    ],
    ['a missing image', /^incomplete archive: /, (f) => delete f['dtd-r1.0.1.tar.gz']![`dtd/images/${at(2)}`]],
    [
      'an extra file',
      /^extra file: 1 in the archives that no split has, for example dtd-r1.0.1.tar.gz\/dtd\/images\/banded\/x.jpg/,
      (f) => (f['dtd-r1.0.1.tar.gz']!['dtd/images/banded/x.jpg'] = pictures[9]!),
    ],
    [
      'a missing class',
      /^missing class: dtd\/validation has no image of blotchy \(label 1\)/,
      (f) => (f['dtd-r1.0.1.tar.gz']!['dtd/labels/val1.txt'] = lines(at(1), at(4).replace('blotchy/', 'banded/'))),
    ],
    [
      'a list that lacks an image',
      /^wrong number of images: dtd\/train has 1\. expected 2/,
      (f) => (f['dtd-r1.0.1.tar.gz']!['dtd/labels/train1.txt'] = lines(at(0))),
    ],
    [
      'a class by another name',
      /^wrong class names: 1 of the 2 of dtd: label 1 is "spotted"/,
      (f) => Object.assign(f, rename(f)),
    ],
    [
      'splits that overlap',
      /^invalid dtd: .* is in train and in test/,
      (f) => (f['dtd-r1.0.1.tar.gz']!['dtd/labels/test1.txt'] = lines(at(0), at(5))),
    ],
  ];
  const rename = (f: Record<string, Members>) => ({
    'dtd-r1.0.1.tar.gz': Object.fromEntries(
      Object.entries(f['dtd-r1.0.1.tar.gz']!).map(([path, content]) => [
        path.replaceAll('blotchy/', 'spotted/'),
        typeof content === 'string' ? content.replaceAll('blotchy/', 'spotted/') : content,
      ]),
    ),
  });

  it('finds nothing in a clean one, but that it was packed anew', async () => {
    expect(await findingsOf({ dataset, official }, files())).toEqual([]);
    expect(await findingsOf({ dataset, official }, files(), false)).toEqual([
      expect.stringMatching(/^wrong checksum: .* expected fff73e/),
    ]);
  });

  it.each(cases)('names %s', async (_, words, change) => {
    const archives = files();
    change(archives);
    if (String(words).includes('blotchy \\(label')) {
      const members = archives['dtd-r1.0.1.tar.gz']!;
      members['dtd/images/banded/blotchy_0004.jpg'] = members[`dtd/images/${at(4)}`]!;
      delete members[`dtd/images/${at(4)}`];
    }
    expect(await findingsOf({ dataset, official }, archives)).toContainEqual(expect.stringMatching(words));
  });

  it('names a copy that was encoded anew, brighter and smaller', async () => {
    const archives = files();
    const copy = await sharp(pictures[0]!).linear(1.05, 0).resize(50, 50).jpeg({ quality: 60 }).toBuffer();
    archives['dtd-r1.0.1.tar.gz'][`dtd/images/${at(5)}`] = copy;
    expect(await findingsOf({ dataset, official }, archives)).toContainEqual(
      expect.stringMatching(
        /^near duplicate across splits: train\/banded\/banded_0000.jpg and test\/blotchy\/blotchy_0005.jpg/,
      ),
    );
  });

  it('names what is not there, and what to do', async () => {
    expect(await findingsOf({ dataset, official }, {})).toEqual([
      expect.stringMatching(
        /^missing archive: dtd-r1\.0\.1\.tar\.gz of dtd\. from https?:.*; md5 fff7.*SIMCLR_ARCHIVES/,
      ),
    ]);
  });
});

describe('flowers: two classes', () => {
  const dataset = { ...DATASETS.flowers!, classes: 2, splits: { train: 2, validation: 2, test: 4 } };
  const official: Official = { classes: ['1', '2'], perClass: { train: 1, validation: 1 }, lists: {} };
  const files = (labels: number[], sets: Record<string, number[]>): Archives => ({
    'imagelabels.mat': matFile({ labels: { bytes: labels } }),
    'setid.mat': matFile(Object.fromEntries(Object.entries(sets).map(([name, doubles]) => [name, { doubles }]))),
    '102flowers.tgz': Object.fromEntries(labels.map((_, i) => [`jpg/image_0000${i + 1}.jpg`, pictures[i]!])),
  });
  const labels = [1, 2, 1, 2, 1, 2, 1, 2];
  const sets = { trnid: [1, 2], valid: [3, 4], tstid: [5, 6, 7, 8] };

  it('finds nothing in a clean one', async () => {
    expect(await findingsOf({ dataset, official }, files(labels, sets))).toEqual([]);
  });

  it.each([
    [
      'train and test swapped',
      labels,
      { ...sets, trnid: sets.tstid, tstid: sets.trnid },
      /^wrong number of images: flowers\/train has 4\. expected 2/,
    ],
    ['labels off by one', labels.map((label) => label - 1), sets, /^(invalid flowers|wrong number of classes)/],
    ['labels permuted', [1, 1, 1, 2, 2, 2, 1, 2], sets, /^missing class: flowers\/train has no image of 2/],
  ])('names %s', async (_, given, split, words) => {
    expect(await findingsOf({ dataset, official }, files(given, split))).toContainEqual(expect.stringMatching(words));
  });
});

describe('cifar100: four classes of two images', () => {
  const layout = { ...cifar100Layout, classes: 4, records: { train: 8, test: 4 } };
  const dataset = cifar(layout);
  const official: Official = { classes: ['apple', 'bear', 'bee', 'boy'], perClass: { train: 2, test: 1 } };
  const record = (seed: number, coarse: number, fine: number) =>
    Buffer.concat([Buffer.from([coarse, fine]), noise(seed, 32)]);
  const files = (names = official.classes!, swap = false): Record<string, Members> => {
    const bytes = (n: number, first: number) =>
      Buffer.concat(
        Array.from({ length: n }, (_, i) => (swap ? record(first + i, i % 4, 0) : record(first + i, 0, i % 4))),
      );
    return {
      'cifar-100-binary.tar.gz': {
        'cifar-100-binary/fine_label_names.txt': lines(...names),
        'cifar-100-binary/train.bin': bytes(8, 100),
        'cifar-100-binary/test.bin': bytes(4, 200),
      },
    };
  };

  it('finds nothing in a clean one', async () => {
    expect(await findingsOf({ dataset, official }, files())).toEqual([]);
  });

  it.each([
    [
      'coarse labels in the place of fine ones',
      files(undefined, true),
      /^missing class: cifar100\/train has no image of bear/,
    ],
    [
      'shifted class names',
      files(['bear', 'bee', 'boy', 'apple']),
      /^shifted class names: 4 of the 4 of cifar100: label 0 is "bear"\. expected "apple"/,
    ],
    ['names in another order', files(['apple', 'bee', 'bear', 'boy']), /^wrong class names|^shifted class names/],
    [
      'a file of the other version',
      { 'cifar-100-binary.tar.gz': { 'cifar-100-python/train': 'x' } },
      /^incomplete archive: .* has no cifar-100-binary\/fine_label_names\.txt/,
    ],
  ])('names %s', async (_, archives, words) => {
    expect(await findingsOf({ dataset, official }, archives)).toContainEqual(expect.stringMatching(words));
  });
});

describe('voc2007', () => {
  const names =
    'aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train tvmonitor'.split(
      ' ',
    );
  const dataset = { ...DATASETS.voc2007!, splits: { train: 1, validation: 1, test: 1 } };
  const root = 'VOCdevkit/VOC2007';
  const xml = (difficult: number) =>
    `<annotation>${names.map((name, i) => `<object><name>${name}</name><difficult>${i === 0 ? difficult : 0}</difficult></object>`).join('')}</annotation>`;
  const files = (difficult: number): Record<string, Members> => {
    const one = (id: string, list: string, n: number) => ({
      [`${root}/Annotations/${id}.xml`]: xml(difficult),
      [`${root}/ImageSets/Main/${list}.txt`]: lines(id),
      [`${root}/JPEGImages/${id}.jpg`]: pictures[n]!,
    });
    return {
      'VOCtrainval_06-Nov-2007.tar': { ...one('000005', 'train', 0), ...one('000007', 'val', 1) },
      'VOCtest_06-Nov-2007.tar': one('000001', 'test', 2),
    };
  };

  it('finds nothing in a clean one', async () => {
    expect(await findingsOf({ dataset, official: { classes: names } }, files(1))).toEqual([]);
  });

  it('names objects that are difficult and were counted', async () => {
    expect(await findingsOf({ dataset, official: { classes: names } }, files(0))).toContainEqual(
      expect.stringMatching(/^difficult counted: voc2007\/test/),
    );
  });

  it('names archives that were swapped', async () => {
    const { 'VOCtrainval_06-Nov-2007.tar': trainval, 'VOCtest_06-Nov-2007.tar': test } = files(1);
    const swapped = { 'VOCtrainval_06-Nov-2007.tar': test!, 'VOCtest_06-Nov-2007.tar': trainval! };
    expect(await findingsOf({ dataset, official: {} }, swapped)).toContainEqual(
      expect.stringMatching(/^invalid voc2007: VOCtrainval.* has no ImageSets\/Main\/train\.txt/),
    );
  });
});
