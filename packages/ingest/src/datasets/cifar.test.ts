import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { UserError } from '@simclr/stage';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openArchives } from '../archives.ts';
import type { Dataset } from '../dataset.ts';
import { fetchFiles } from '../fetch-files.ts';
import { type FakeWeb, startFakeWeb, whole } from '../sources/fake-web.ts';
import { Files, pixelsOf, readSplits } from '../testdata/archives.ts';
import { damage, damaged, runs } from '../testdata/damage.ts';
import { type CifarLayout, cifar, cifar10, cifar10Layout, cifar100, cifar100Layout } from './cifar.ts';
import { readBatch } from './cifar-python.ts';

const PLANE = 1024;
let web: FakeWeb;
let dir: string;
beforeAll(async () => {
  web = await startFakeWeb();
});
afterAll(() => web.close());
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cifar-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** The official layout with few records. */
const small10: CifarLayout = { ...cifar10Layout, records: { train: 3, test: 2 } };
const small100: CifarLayout = { ...cifar100Layout, records: { train: 4, test: 2 } };

/** Record `n` of a file: its labels, then red 10·n + x, green 100 + y, blue 7. */
function record(labels: number[], n: number): Uint8Array {
  const planes = [0, 1, 2].map((channel) =>
    Uint8Array.from({ length: PLANE }, (_, i) => [10 * n + (i % 32), 100 + Math.floor(i / 32), 7][channel]!),
  );
  return Buffer.concat([Uint8Array.from(labels), ...planes]);
}

/** The archive of a layout; `change` may replace files by name. */
function archive(layout: CifarLayout, change: Record<string, Uint8Array | undefined> = {}): Buffer {
  const { folder, train, test, records, names, classes, labelBytes } = layout;
  const contents: Record<string, Uint8Array | undefined> = {
    [names]: Buffer.from(`${Array.from({ length: classes }, (_, i) => `class ${i}`).join('\n')}\n\n`),
    'readme.html': Buffer.from('<p>'),
  };
  const write = (files: string[], count: number, first: number) =>
    files.forEach((file, f) => {
      const labels = (n: number) => (labelBytes === 1 ? [(first + f + n) % classes] : [n % 20, (first + n) % classes]);
      contents[file] = Buffer.concat(Array.from({ length: count }, (_, n) => record(labels(n), n)));
    });
  write(train, records.train, 1);
  write(test, records.test, classes - 2);
  for (const [file, bytes] of Object.entries({ ...contents, ...change })) {
    if (!bytes) continue;
    mkdirSync(dirname(join(dir, folder, file)), { recursive: true });
    writeFileSync(join(dir, folder, file), bytes);
  }
  const tar = execFileSync('tar', ['cf', '-', '-C', dir, folder]);
  rmSync(join(dir, folder), { recursive: true });
  return gzipSync(tar);
}

/** Fetched over HTTP and read, as the stage does it. */
async function fetchAndRead(layout: CifarLayout, bytes: Uint8Array, md5?: string) {
  const published = createHash('md5').update(bytes).digest('hex');
  const dataset = cifar({ ...layout, md5: md5 ?? published });
  web.answers.set(`/${layout.archive}`, whole(bytes));
  const files = dataset.files.map((file) => ({
    ...file,
    sources: [{ kind: 'web' as const, url: web.url(`/${layout.archive}`) }],
  }));
  const options = { folders: [], cache: join(dir, 'cache'), python: '/nowhere', info: () => {} };
  return readSplits(dataset, openArchives(await fetchFiles(files, options)));
}

describe('cifar10 and cifar100', () => {
  it.each([
    [cifar10, 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz', 10],
    [cifar100, 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz', 100],
  ] as [Dataset, string, number][])('$name: where it is, and what is in it', ({ files, ...dataset }, url, classes) => {
    expect(files.map(({ sources }) => sources)).toEqual([[{ kind: 'web', url }]]);
    expect(dataset.otherFiles![0]!.sources).toEqual([{ kind: 'web', url: url.replace('binary', 'python') }]);
    expect(dataset).toMatchObject({ shape: [32, 32, 3], splits: { train: 50_000, test: 10_000 }, classes });
  });

  it('cifar10: five batches in order, planes interleaved', async () => {
    const { classes, train, test } = await fetchAndRead(small10, archive(small10));
    expect([classes.length, classes[9]]).toEqual([10, 'class 9']);
    expect([train.length, test.length]).toEqual([15, 2]);
    expect(train.map(({ label }) => label)).toEqual([1, 2, 3, 2, 3, 4, 3, 4, 5, 4, 5, 6, 5, 6, 7]);
    const pixels = pixelsOf(train[5]);
    expect(pixels).toHaveLength(3072);
    // Row 31, column 4 of record 2 of the second file.
    expect([...pixels.subarray(3 * (31 * 32 + 4), 3 * (31 * 32 + 4) + 3)]).toEqual([24, 131, 7]);
    expect(test.map(({ label }) => label)).toEqual([8, 9]);
  });

  it('takes the files in their order, not in that of the archive, which is another', async () => {
    using files = new Files();
    const batch = (n: number) => [
      `cifar-10-batches-bin/${n === 0 ? 'test_batch' : `data_batch_${n}`}.bin`,
      Buffer.concat([record([n], n), record([9 - n], n)]),
    ];
    files.pack('cifar-10-binary.tar.gz', {
      ...Object.fromEntries([1].map(batch)),
      'cifar-10-batches-bin/batches.meta.txt': 'a b c d e f g h i j'.replaceAll(' ', '\n'),
      ...Object.fromEntries([3, 4, 0, 5, 2].map(batch)),
    });
    const { train, test } = await readSplits(cifar({ ...small10, records: { train: 2, test: 2 } }), files.open());
    expect(train.map(({ label }) => label)).toEqual([1, 8, 2, 7, 3, 6, 4, 5, 5, 4]);
    expect(test.map(({ label }) => label)).toEqual([0, 9]);
  });

  it('cifar100: the fine label', async () => {
    const { classes, train, test } = await fetchAndRead(small100, archive(small100));
    expect(classes).toHaveLength(100);
    expect(train.map(({ label }) => label)).toEqual([1, 2, 3, 4]);
    const [first, second] = test;
    expect([first!.label, second!.label]).toEqual([98, 99]);
    expect([...pixelsOf(second).subarray(0, 6)]).toEqual([10, 100, 7, 11, 100, 7]);
  });

  it('refuses another file than the published one', async () => {
    await expect(fetchAndRead(small10, archive(small10), cifar10Layout.md5)).rejects.toThrow(
      /^missing archive: cifar-10-binary\.tar\.gz \(md5 \w+\)\. tried .*: wrong checksum: .* has md5 \w{32}\. expected c32a1d4a/,
    );
  });

  it('gives all records with labels that there are, or an error in words, where its tar is damaged', async () => {
    const whole = gunzipSync(archive(small10));
    const dataset = cifar({ ...small10, md5: '' });
    const path = join(dir, 'damaged.tar');
    await fc.assert(
      fc.asyncProperty(damage, async (how) => {
        writeFileSync(path, damaged(whole, how));
        try {
          const { train, test } = await readSplits(dataset, openArchives(new Map([[small10.archive, path]])));
          expect([train.length, test.length]).toEqual([15, 2]);
          for (const { label } of train) expect(label).toBeLessThan(10);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          expect((error as Error).message).not.toContain('\n');
        }
      }),
      runs(150),
    );
  });

  it('refuses a truncated archive', async () => {
    const bytes = archive(small10);
    await expect(fetchAndRead(small10, bytes.subarray(0, -20))).rejects.toThrow(
      /^truncated archive: .*cifar-10-binary\.tar\.gz ends too soon /,
    );
    const tar = gunzipSync(bytes);
    await expect(fetchAndRead(small10, gzipSync(tar.subarray(0, 9000)))).rejects.toThrow(
      /^truncated archive: .*cifar-10-binary\.tar\.gz ends too soon /,
    );
  });

  it.each([
    [
      'a file too short',
      { 'data_batch_3.bin': new Uint8Array(2 * 3073) },
      'invalid cifar10: data_batch_3.bin has 6146 bytes. expected 3 records of 3073 bytes',
    ],
    [
      'a label beyond the classes',
      { 'test_batch.bin': Buffer.concat([record([3], 0), record([10], 0)]) },
      'invalid cifar10: label 10 in test_batch.bin. expected 0..9',
    ],
    [
      'too few names',
      { 'batches.meta.txt': Buffer.from('a\nb\n\n') },
      'invalid cifar10: 2 class names in batches.meta.txt. expected 10',
    ],
    [
      'a file missing',
      { 'data_batch_5.bin': undefined },
      'invalid cifar10: cifar-10-binary.tar.gz has no cifar-10-batches-bin/data_batch_5.bin. fetch it again',
    ],
  ])('refuses %s', async (_, change, message) => {
    await expect(fetchAndRead(small10, archive(small10, change))).rejects.toThrow(new UserError(message));
  });
});

const python = resolve(import.meta.dirname, '../../../../.venv/bin/python');
describe.skipIf(!existsSync(python))('the version for Python (skipped without the .venv of npm run setup)', () => {
  /** A binary archive of the layout, unpacked, and its rows; what Python makes of it, by name. */
  async function both(layout: CifarLayout) {
    using files = new Files().put(layout.archive, archive(layout));
    const binary = await readSplits(cifar(layout), files.open());
    execFileSync('tar', ['xzf', files.paths.get(layout.archive)!, '-C', dir]);
    const { folder, archive: name } = layout.python;
    const script = resolve(import.meta.dirname, 'testdata/make_cifar_python.py');
    execFileSync(python, [script, join(dir, layout.folder), join(dir, folder), layout.name]);
    const names = readdirSync(join(dir, folder)).sort().reverse();
    const members = Object.fromEntries(
      names.map((each) => [`${folder}/${each}`, readFileSync(join(dir, folder, each))]),
    );
    return { binary, name, members, folder };
  }
  let of10: ReturnType<typeof both> | undefined;
  const both10 = () => (of10 ??= both(small10));
  async function read(layout: CifarLayout, members: Record<string, Uint8Array>) {
    using files = new Files().pack(layout.python.archive, members);
    return await readSplits(cifar(layout), files.open());
  }

  it.each([small10, small100])('of $name has the classes and rows of the binary one', async (layout) => {
    const { binary, members } = await both(layout);
    // As the official file begins.
    const [first, start] =
      layout === small10 ? ['data_batch_1', '\x80\x02}q\x00(U\x0bbatch_label'] : ['train', '\x80\x02}q'];
    expect(members[`${layout.python.folder}/${first}`]!.toString('latin1')).toContain(start);
    expect(await read(layout, members)).toEqual(binary);
  });

  it('names no other class or function than numpy’s array: one that does is refused, and not called', async () => {
    const { members, folder } = await both10();
    const evil = Buffer.from("cposix\nsystem\n(S'true'\ntR.");
    await expect(read(small10, { ...members, [`${folder}/data_batch_2`]: evil })).rejects.toThrow(UserError);
    const call = Buffer.from('\x80\x02cposix\nsystem\nU\x04true\x85R.', 'latin1');
    await expect(read(small10, { ...members, [`${folder}/data_batch_2`]: call })).rejects.toThrow(
      'invalid batch: data_batch_2. it names posix.system, which no batch does. fetch it again',
    );
  });

  it.each([
    ['floats', 'U\x02u1', 'U\x02f4', "'data' is no array of 3×3072 bytes, row by row"],
    ['columns first', '\x89T', '\x88T', "'data' is no array of 3×3072 bytes, row by row"],
    ['another shape', 'K\x03M\x00\x0c', 'K\x02M\x00\x0c', "'data' is no array of 3×3072 bytes, row by row"],
    ['labels of another name', 'U\x06labels', 'U\x06Labels', "no list of labels in 'labels'"],
    ['a label beyond the classes', 'K\x02K\x03K\x04e', 'K\x02K\x03K\x0ae', 'label 10 in data_batch_2. expected 0..9'],
  ])('refuses %s', async (_, from, to, message) => {
    const { members, folder } = await both10();
    const batch = members[`${folder}/data_batch_2`]!.toString('latin1');
    expect(batch.split(from)).toHaveLength(2);
    const changed = Buffer.from(batch.replace(from, to), 'latin1');
    await expect(read(small10, { ...members, [`${folder}/data_batch_2`]: changed })).rejects.toThrow(message);
  });

  it('gives all rows, or an error in words, where a batch is damaged', async () => {
    const { members, folder } = await both10();
    const whole = members[`${folder}/data_batch_1`]!;
    fc.assert(
      fc.property(damage, (how) => {
        try {
          const { pixels, labels } = readBatch(damaged(whole, how), 'data_batch_1', 3 * PLANE, 'labels');
          expect([pixels.length, labels.length]).toEqual([9 * PLANE, 3]);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          expect((error as Error).message).not.toContain('\n');
        }
      }),
      runs(1500),
    );
  });
});
