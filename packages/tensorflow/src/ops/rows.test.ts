import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';
import { tf } from '../load.ts';
import { countRows, lookUpRows, selectRows } from './rows.ts';

const cache = mkdtempSync(join(tmpdir(), 'graphs-'));
afterAll(() => rmSync(cache, { recursive: true }));
const values = Int32Array.of(3, 0, 3, 1, 1, 1);

describe('ops on rows', () => {
  it('select, count and look up each row by itself', () => {
    const a = tf.tensor([1, 2, 3, 4, 5, 6], [3, 2, 1]);
    const condition = tf.greater(tf.tensor1d([1, 0, 1]), 0);
    const selected = selectRows(condition, a, tf.neg(a));
    expect(selected.shape).toEqual([3, 2, 1]);
    expect([...selected.dataSync()]).toEqual([1, 2, -3, -4, 5, 6]);

    const counts = countRows(tf.tensor2d(values, [2, 3], 'int32'), 4);
    expect(counts.dtype).toBe('float32');
    expect(counts.arraySync()).toEqual([
      [1, 0, 0, 2],
      [0, 3, 0, 0],
    ]);

    const table = tf.tensor2d([10, 11, 12, 13, 20, 21, 22, 23], [2, 4]);
    expect(lookUpRows(table, tf.tensor2d(values, [2, 3], 'int32')).arraySync()).toEqual([
      [13, 10, 13],
      [21, 21, 21],
    ]);
  });

  it('in a graph too', async () => {
    const module = import.meta.resolve('../testdata/definitions.ts');
    const graph = await compile({ module, export: 'rows', args: null }, { cache });
    const { counts, looked } = graph.run({ values });
    expect([...counts!.data]).toEqual([1, 0, 0, 2, 0, 3, 0, 0]);
    expect([...looked!.data]).toEqual([2, 1, 2, -3, -3, -3]);
    graph.dispose();
  });
});
