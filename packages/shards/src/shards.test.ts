import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RecordBatchReader } from 'apache-arrow';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  closeEncoded,
  type ImageShape,
  imagePath,
  loadEncoded,
  loadPixels,
  pixelsOf,
  readBatches,
  readImage,
  readSplitInfo,
  writeDatasetDict,
  writeEncodedSplit,
  writePixelSplit,
} from './index.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'shards-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const classes = ['a', 'b', 'c'];
const options = { dataset: 'tiny', split: 'train' };
const makeRows = (n: number, shape: ImageShape) =>
  Array.from({ length: n }, (_, i) => ({
    pixels: Uint8Array.from({ length: pixelsOf(shape) }, (_, j) => (7 * i + j) % 256),
    label: i % 3,
  }));

describe('a split of raw pixels', () => {
  it('gives back its rows whatever the shape, the number of rows, and the sizes of shards and batches', async () => {
    const size = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(
        size,
        size,
        fc.constantFrom(1, 3),
        fc.nat(40),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 9 }),
        async (h, w, c, n, shardBytes, batchRows) => {
          const shape = [h, w, c] as const;
          const rows = makeRows(n, shape);
          const folder = join(dir, 'p');
          rmSync(folder, { recursive: true, force: true });
          await writePixelSplit(folder, { classes, shape }, rows, { ...options, shardBytes, batchRows });
          const { data, labels, ...info } = loadPixels(folder);
          expect(info).toMatchObject({ shape, classes, rows: n });
          expect([...data]).toEqual(rows.flatMap((row) => [...row.pixels]));
          expect([...labels]).toEqual(rows.map((row) => row.label));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('writes equal bytes for equal rows, and another digest for others', async () => {
    const shape = [2, 2, 1] as const;
    const [a, b, c] = ['a', 'b', 'c'].map((name) => join(dir, name)) as [string, string, string];
    await writePixelSplit(a, { classes, shape }, makeRows(9, shape), options);
    await writePixelSplit(b, { classes, shape }, makeRows(9, shape), options);
    await writePixelSplit(c, { classes, shape }, makeRows(8, shape), options);
    expect(readdirSync(a)).toEqual(['data-00000-of-00001.arrow', 'dataset_info.json', 'index.json', 'state.json']);
    for (const file of readdirSync(a)) expect(readFileSync(join(a, file))).toEqual(readFileSync(join(b, file)));
    expect(readSplitInfo(c).digest).not.toBe(readSplitInfo(a).digest);
  });

  it('keeps shards under their limit and indexes every batch for reading alone', async () => {
    const shape = [2, 5, 1] as const;
    const folder = join(dir, 'x');
    await writePixelSplit(folder, { classes, shape }, makeRows(25, shape), {
      ...options,
      shardBytes: 100,
      batchRows: 4,
    });
    const { shards } = readSplitInfo(folder);
    expect(shards.map((shard) => shard.batches.map((batch) => batch.rows))).toEqual([
      [4, 4, 2],
      [4, 4, 2],
      [4, 1],
    ]);
    const { file, batches } = shards[1]!;
    const bytes = readFileSync(join(folder, file));
    const { offset, bytes: length } = batches[2]!;
    // The schema's message, then the one batch.
    const alone = Buffer.concat([bytes.subarray(0, batches[0]!.offset), bytes.subarray(offset, offset + length)]);
    const [batch] = [...RecordBatchReader.from(alone)];
    expect(batch!.getChildAt(1)!.toArray()).toEqual(BigInt64Array.of(0n, 1n));
  });

  it('is read without copies', async () => {
    const folder = join(dir, 'x');
    await writePixelSplit(folder, { classes, shape: [1, 2, 1] }, makeRows(4, [1, 2, 1]), { ...options, batchRows: 2 });
    const buffers = [...readBatches(folder)].map(
      (batch) => (batch.getChildAt(1)!.data[0]!.values as BigInt64Array).buffer,
    );
    expect(buffers).toHaveLength(2);
    expect(buffers[0]).toBe(buffers[1]);
  });

  it('says in one line what is wrong', async () => {
    const folder = join(dir, 'x');
    expect(() => loadPixels(folder)).toThrow(
      /^missing dataset: .* has no index\.json\. run npm run pipeline -- run <pipeline> --force ingest$/,
    );
    await writePixelSplit(folder, { classes, shape: [1, 2, 1] }, makeRows(4, [1, 2, 1]), options);
    const index = join(folder, 'index.json');
    const kept = readFileSync(index, 'utf8');
    for (const [changes, found] of [
      [{ shape: [1, 3, 1] }, 'images of 2 values, not of 1×3×1 as its index.json says'],
      [{ shape: [1, 1, 1] }, 'images of 2 values, not of 1×1×1 as its index.json says'],
      [{ rows: 3 }, 'more rows than the 3 of its index.json'],
      [{ rows: 5 }, '4 rows, not the 5 of its index.json'],
    ] as const) {
      writeFileSync(index, JSON.stringify({ ...JSON.parse(kept), ...changes }));
      expect(() => loadPixels(folder)).toThrow(
        `invalid dataset: ${folder} has ${found}. run npm run pipeline -- run <pipeline> --force ingest`,
      );
    }
    writeFileSync(index, kept);
    const shard = join(folder, 'data-00000-of-00001.arrow');
    truncateSync(shard, readFileSync(shard).length - 40);
    expect(() => loadPixels(folder)).toThrow(/^truncated shard: /);
    unlinkSync(shard);
    expect(() => loadPixels(folder)).toThrow(/^missing shard: /);
    await expect(
      writePixelSplit(folder, { classes, shape: [1, 2, 1] }, [{ pixels: Uint8Array.of(1, 2), label: 3 }], options),
    ).rejects.toThrow('invalid label: 3 of row 0. expected 0..2');
  });
});

describe('a split of encoded images', () => {
  it('gives back every file, label and path, read one by one', async () => {
    const folder = join(dir, 'e');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 9 }),
        async (files, shardBytes, batchRows) => {
          rmSync(folder, { recursive: true, force: true });
          const rows = files.map((bytes, i) => ({ bytes, path: `${i}.jpg`, label: i % 3 }));
          await writeEncodedSplit(folder, { classes, shape: null }, rows, { ...options, shardBytes, batchRows });
          const images = loadEncoded(folder);
          expect(images).toMatchObject({ shape: null, classes, rows: files.length });
          expect(images.places.buffer).toBeInstanceOf(SharedArrayBuffer);
          expect(files.map((_, i) => readImage(images, i))).toEqual(files);
          expect([...images.labels]).toEqual(rows.map((row) => row.label));
          expect(files.map((_, i) => imagePath(folder, i))).toEqual(rows.map((row) => row.path));
          closeEncoded(images);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('says in one line what is wrong', async () => {
    const folder = join(dir, 'e');
    await writePixelSplit(folder, { classes, shape: [1, 2, 1] }, makeRows(4, [1, 2, 1]), options);
    expect(() => loadEncoded(folder)).toThrow(/^raw images: .* allowed: a split of encoded images$/);
    const rows = [{ bytes: Uint8Array.of(1, 2, 3), path: 'x.jpg', label: 2 }];
    await writeEncodedSplit(folder, { classes, shape: null }, rows, options);
    const shard = join(folder, 'data-00000-of-00001.arrow');
    const images = loadEncoded(folder);
    truncateSync(shard, images.places[2]! - 1);
    expect(() => readImage(images, 0)).toThrow(/^truncated shard: row 0 has 2 of 3 bytes\./);
    closeEncoded(images);
    expect(() => loadEncoded(folder)).toThrow(/^truncated shard: /);
    unlinkSync(shard);
    expect(() => loadEncoded(folder)).toThrow(/^missing shard: /);
  });
});

const root = fileURLToPath(new URL('../../..', import.meta.url));
const python = join(root, '.venv/bin/python');
const hasPyarrow = existsSync(python) && existsSync(join(root, '.venv/.test-packages'));

describe.skipIf(!hasPyarrow)('in pyarrow (skipped where npm test has not installed it)', () => {
  it('both kinds of split open as they are', async () => {
    await writePixelSplit(join(dir, 'p/train'), { classes, shape: [2, 2, 3] }, makeRows(7, [2, 2, 3]), {
      ...options,
      batchRows: 3,
    });
    await writeEncodedSplit(
      join(dir, 'e/train'),
      { classes, shape: null },
      [{ bytes: Uint8Array.of(1, 2, 3), path: 'x.jpg', label: 2 }],
      options,
    );
    writeDatasetDict(join(dir, 'p'), ['train']);
    const script = `
import json, sys, pyarrow as pa
def read(folder):
    state = json.load(open(folder + '/state.json'))
    return pa.concat_tables([pa.ipc.open_stream(pa.memory_map(folder + '/' + f['filename'])).read_all() for f in state['_data_files']])
p, e = read(sys.argv[1] + '/p/train'), read(sys.argv[1] + '/e/train')
flat = p.column('image').combine_chunks().flatten().flatten().flatten()
print(json.dumps({'type': str(p.schema.field('image').type), 'sum': sum(flat.to_pylist()), 'labels': p.column('label').to_pylist(),
  'encoded': [list(e.column('image')[0].as_py()['bytes']), e.column('image')[0].as_py()['path']],
  'features': json.loads(p.schema.metadata[b'huggingface'])['info']['features']['label']['names'],
  'splits': json.load(open(sys.argv[1] + '/p/dataset_dict.json'))['splits']}))`;
    const rows = makeRows(7, [2, 2, 3]);
    expect(JSON.parse(execFileSync(python, ['-c', script, dir], { encoding: 'utf8' }))).toEqual({
      type: 'fixed_size_list<item: fixed_size_list<item: fixed_size_list<item: uint8>[3]>[2]>[2]',
      sum: rows.flatMap((row) => [...row.pixels]).reduce((a, b) => a + b),
      labels: rows.map((row) => row.label),
      encoded: [[1, 2, 3], 'x.jpg'],
      features: classes,
      splits: ['train'],
    });
  });
});
