import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openColumnar } from '../open-columnar.ts';
import { damage, damaged, runs } from '../testdata/damage.ts';
import { TABLES, tableFile } from '../testdata/tables.ts';
import type { ImageCell } from './columnar.ts';

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'columnar-')), 'table');
});
afterEach(() => rmSync(join(path, '..'), { recursive: true }));

const open = (bytes: Uint8Array) => {
  writeFileSync(path, bytes);
  return openColumnar(path);
};
/** Paths and labels, where the images are PNG files. */
function rowsOf(bytes: Uint8Array, columns = ['image', 'label']) {
  return [...open(bytes).read(columns)].map(([image, label]) => {
    const { bytes, path } = image as ImageCell;
    if (bytes) expect(Buffer.from(bytes).toString('latin1', 1, 4)).toBe('PNG');
    return [path, label];
  });
}
const ROWS = [0, 1, 1, 0, 1].map((label, i) => [`${i}.png`, label]);

describe('tables that pyarrow wrote', () => {
  it.each(['snappy', 'zstdV2', 'stream', 'file'] as const)('are read: %s', (name) => {
    const table = open(tableFile(name));
    expect(table.rows).toBe(5);
    expect(JSON.parse(table.huggingFace!).info.features.label).toEqual({ names: ['cat', 'dog'], _type: 'ClassLabel' });
    expect(Object.fromEntries(table.columns)).toMatchObject({ image: 'image', label: 'integer' });
    expect(rowsOf(tableFile(name))).toEqual(ROWS);
  });

  it('may lack an image, and name columns as they like', () => {
    expect(rowsOf(tableFile('nulls'), ['img', 'fine_label'])).toEqual([
      ['0.png', 7],
      [null, 7],
      ['2.png', 300],
    ]);
  });

  it('name columns of other types, which are passed over', () => {
    const { columns } = open(tableFile('stream'));
    expect([...columns]).toEqual([
      ['x', 'other'],
      ['d', 'other'],
      ['v', 'other'],
      ['image', 'image'],
      ['label', 'integer'],
    ]);
  });

  it('say what is not read', () => {
    expect(() => [...open(tableFile('delta')).read(['label'])]).toThrow(
      new UserError(`unread Parquet file: ${path}: column label is encoded as DELTA_BINARY_PACKED. write it plain`),
    );
  });
});

describe('tables that are damaged', () => {
  it.each(Object.keys(TABLES) as (keyof typeof TABLES)[])('give all rows, or an error in a line: %s', (name) => {
    const whole = tableFile(name);
    const { rows, columns } = open(whole);
    const names = [...columns].filter(([, kind]) => kind !== 'other').map(([column]) => column);
    fc.assert(
      fc.property(damage, (how) => {
        try {
          const table = open(damaged(whole, how));
          const readable = names.filter((column) => (table.columns.get(column) ?? 'other') !== 'other');
          expect([...table.read(readable)]).toHaveLength(rows);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          expect((error as Error).message).toMatch(/^(broken|unread) \w+ file: .*$/);
        }
      }),
      runs(300),
    );
  });

  it('are refused wherever they were cut', () => {
    for (const name of ['snappy', 'stream'] as const) {
      const whole = tableFile(name);
      for (let length = 0; length < whole.length; length += 7)
        expect(() => rowsOf(whole.subarray(0, length))).toThrow(/^broken (Arrow|Parquet) file: /);
    }
  });

  it('do not fill the memory where a run says that it is long', () => {
    const whole = Buffer.from(tableFile('nulls'));
    // The levels of the labels: six bytes, of which the run of three (6) begins after a length of four.
    const at = whole.indexOf(Buffer.of(2, 0, 0, 0, 6, 1));
    expect(at).toBeGreaterThan(0);
    Buffer.of(0xfe, 0xff).copy(whole, at + 4);
    expect(() => rowsOf(whole, ['img', 'fine_label'])).toThrow(/^broken Parquet file: /);
  });
});
