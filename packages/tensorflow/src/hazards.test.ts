import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from './compile.ts';

const module = import.meta.resolve('./testdata/definitions.ts');
let cache: string;
beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), 'graphs-'));
});
afterAll(() => rmSync(cache, { recursive: true }));

describe('what a graph would freeze', () => {
  it.each([
    ['random', /^random numbers in a traced function: tf\.randomUniform.*definitions\.ts:\d+/],
    ['counter', /^frozen value in a traced function: a constant of Mul.*definitions\.ts:\d+/],
    ['read', /^value read in a traced function.*definitions\.ts:\d+/],
    ['captured', /^captured tensor: an input of Mul was computed outside.*definitions\.ts:\d+/],
    ['branch', /^frozen value in a traced function: whether \w+ runs depends on a changing value.*definitions\.ts:\d+/],
    ['unsupported', /^unsupported op in a traced function: Erf.*definitions\.ts:\d+/],
  ])('%s: an error with the line', async (kind, message) => {
    await expect(compile({ module, export: 'hazard', args: { kind } }, { cache })).rejects.toThrow(message);
  });
});
