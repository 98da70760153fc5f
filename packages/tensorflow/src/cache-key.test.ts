import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { cacheKey, sourceFiles } from './cache-key.ts';
import type { Target } from './machine.ts';

const folder = mkdtempSync(join(tmpdir(), 'sources-'));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const module = pathToFileURL(join(folder, 'step.ts')).href;
const target: Target = { precision: 'fp32', filterProducts: false };
const key = (changes: object = {}, to = target) => cacheKey({ module, export: 'step', args: { n: 1 }, ...changes }, to);

beforeEach(() => {
  write('step.ts', "import { a } from './a.ts';\nexport const step = () => a;\n");
  write('a.ts', "export * from './b.ts';\nexport const a = 1;\n");
  write('b.ts', 'export const b = 1;\n');
  write('other.ts', '');
});

describe('sourceFiles', () => {
  it('follows relative imports, cycles too, and our own packages', () => {
    write('b.ts', "import './step.ts';\nimport { UserError } from '@simclr/stage';\n");
    const files = sourceFiles(module);
    for (const name of ['step.ts', 'a.ts', 'b.ts']) expect(files).toContain(pathToFileURL(join(folder, name)).href);
    expect(files.some((file) => file.endsWith('packages/stage/src/errors.ts'))).toBe(true);
    expect(files.some((file) => file.includes('node_modules'))).toBe(false);
  });
});

describe('cacheKey', () => {
  it('is the same for the same content, whatever else lies there', () => {
    const before = key();
    write('other.ts', 'export const other = 1;\n');
    expect(key()).toBe(before);
  });

  it('changes with the arguments, the export, the target, and any source', () => {
    const keys = [key(), key({ args: { n: 2 } }), key({ export: 'a' }), key({}, { ...target, precision: 'bf16' })];
    write('b.ts', 'export const b = 2;\n');
    keys.push(key());
    expect(new Set(keys).size).toBe(5);
  });
});
