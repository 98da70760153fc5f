import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from './compile.ts';
import { compileEachSize } from './compile-each-size.ts';
import type { Compiled } from './session.ts';
import { float32 } from './tensors.ts';

const module = import.meta.resolve('./testdata/definitions.ts');
const cache = mkdtempSync(join(tmpdir(), 'graphs-'));
afterAll(() => rmSync(cache, { recursive: true }));
const reference = { module, export: 'runningMean', args: null };

describe('compileEachSize', () => {
  let graph: Compiled;
  beforeAll(async () => {
    graph = await compileEachSize(reference, { cache, rows: 2, limit: 2 });
    graph.write({ mean: float32([2], Float32Array.of(4, 8)) });
  });
  afterAll(() => graph.dispose());
  const mean = () => [...graph.read().mean!.data];

  it('serves what one graph cannot', async () => {
    await expect(compile(reference, { cache })).rejects.toThrow(/^open dimension in a function that updates state/);
  });

  it('takes its state along from size to size', () => {
    graph.run({ x: Float32Array.of(1, 1, 3, 3) });
    expect(mean()).toEqual([3, 5]);
    const { mean: returned } = graph.run({ x: Float32Array.of(1, 2, 2, 2, 3, 2) });
    expect([...returned!.data]).toEqual([2.5, 3.5]);
    expect(mean()).toEqual([2.5, 3.5]);
    graph.run({ x: Float32Array.of(0.5, 0.5, 0.5, 0.5) });
    expect(mean()).toEqual([1.5, 2]);
  });

  it('traces each size once, and no more of them than it may', () => {
    const traced = readdirSync(cache).length;
    graph.run({ x: new Float32Array(6) });
    graph.run({ x: new Float32Array(4) });
    expect(readdirSync(cache)).toHaveLength(traced);
    const third = () => graph.run({ x: new Float32Array(8) });
    expect(third).toThrow(UserError);
    expect(third).toThrow('new size: 4 rows. traced already: 2, 3; the limit is 2');
  });

  it('still checks what it is given', () => {
    expect(() => graph.run({ x: new Float32Array(5) })).toThrow(
      'invalid input: x has 5 values. expected float32 [2,2]',
    );
    expect(() => graph.run({})).toThrow('missing input: x. expected float32 [2,2]');
  });
});
