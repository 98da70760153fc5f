import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeDatasetInfo } from '@simclr/artifacts';
import { type AnyRow, readSplitInfo, SplitWriter } from '@simclr/shards';
import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const main = fileURLToPath(new URL('main.ts', import.meta.url));
const python = join(root, '.venv/bin/python');
const hasPyarrow = existsSync(join(root, '.venv/.test-packages'));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'export-dataset-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

type Features = ConstructorParameters<typeof SplitWriter>[1];

/** A dataset as the stage ingest writes it, its test split the first row of `rows`. */
function write(features: Features, rows: AnyRow[]): void {
  const splits = { train: rows, test: rows.slice(0, 1) };
  const described = Object.entries(splits).map(([split, of]) => {
    const folder = join(dir, 'pets', split);
    const writer = new SplitWriter(folder, features, { dataset: 'pets', split, batchRows: 2, shardBytes: 150 });
    for (const row of of) writer.add(row);
    writer.close();
    const { digest } = readSplitInfo(folder);
    return [split, { rows: of.length, digest, list: digest }];
  });
  writeDatasetInfo(join(dir, 'pets'), {
    name: 'pets',
    title: 'pets',
    metric: 'top-1',
    severalLabels: features.severalLabels ?? false,
    classes: features.classes.length,
    splits: Object.fromEntries(described),
    skipped: 0,
    missing: 0,
  });
}

/** Runs the command, as a user does. */
const call = (...args: string[]) =>
  spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { ...process.env, INIT_CWD: dir } });

async function read(name: string): Promise<{ rows: Record<string, unknown>[]; metadata: FileMetaData }> {
  const { buffer } = new Uint8Array(readFileSync(join(dir, 'out/data', name)));
  const rows = await parquetReadObjects({ file: buffer, utf8: false });
  return { rows, metadata: parquetMetadata(buffer) };
}

const classes = ['cat', 'dog'];
const files = [0, 1, 1, 0, 1].map((label, i) => ({ bytes: new Uint8Array(30 + i).fill(i), path: `p/${i}.jpg`, label }));

describe('npm run export -- <dataset folder> <folder>', () => {
  it('writes a file of Parquet for each shard, named as on the hub, with the names of the classes', async () => {
    write({ classes, shape: null }, files);
    const { status, stdout } = call('pets', 'out');
    expect(status).toBe(0);
    expect(stdout).toBe('out: 5 train, 1 test images, Parquet\n');
    const names = readdirSync(join(dir, 'out/data'));
    expect(names).toEqual([
      'test-00000-of-00001.parquet',
      'train-00000-of-00002.parquet',
      'train-00001-of-00002.parquet',
    ]);
    const parts = await Promise.all(names.slice(1).map(read));
    const rows = parts.flatMap((part) => part.rows);
    expect(rows).toEqual(files.map(({ bytes, path, label }) => ({ image: { bytes, path }, label: BigInt(label) })));
    const { info } = JSON.parse(parts[0]!.metadata.key_value_metadata![0]!.value!);
    expect(info.features).toEqual({ image: { _type: 'Image' }, label: { names: classes, _type: 'ClassLabel' } });
    // A record batch is a row group.
    expect(parts[0]!.metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([2, 2]);
  });

  it('writes raw pixels as PNG, and of several labels a value for each class', async () => {
    const pixels = Uint8Array.from({ length: 6 }, (_, i) => 40 * i);
    write({ classes, shape: [2, 3, 1], severalLabels: true }, [{ pixels, label: Int8Array.of(1, -1) }]);
    expect(call('pets', 'out').status).toBe(0);
    const { rows } = await read('train-00000-of-00001.parquet');
    expect(rows[0]!.targets).toEqual([1, -1]);
    const { bytes } = rows[0]!.image as { bytes: Uint8Array };
    const { data, info } = await sharp(bytes).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 3, height: 2, channels: 1 });
    expect([...data]).toEqual([...pixels]);
  });

  it('leaves a target that exists, and nothing where it fails', () => {
    write({ classes, shape: null }, files);
    rmSync(join(dir, 'pets/test/data-00000-of-00001.arrow'));
    const { status, stderr } = call('pets', 'out');
    expect(status).toBe(1);
    expect(stderr.trim().split('\n').at(-1)).toMatch(/^missing shard: /);
    expect(readdirSync(dir)).toEqual(['pets']);
    expect(call('pets', 'pets').stderr).toMatch(/^target exists: /m);
  });

  it.skipIf(!hasPyarrow)('opens in pyarrow', () => {
    write({ classes, shape: null }, files);
    call('pets', 'out');
    const script = `import sys, pyarrow.parquet as parquet
table = parquet.read_table(sys.argv[1], filters=None)
print(table.schema.field('image').type, table.column('label').to_pylist(), table.to_pylist()[1]['image'])`;
    const file = join(dir, 'out/data/train-00000-of-00002.parquet');
    expect(execFileSync(python, ['-c', script, file], { encoding: 'utf8' })).toBe(
      `struct<bytes: binary, path: string> [0, 1, 1, 0] {'bytes': b'${'\\x01'.repeat(31)}', 'path': 'p/1.jpg'}\n`,
    );
  });
});
