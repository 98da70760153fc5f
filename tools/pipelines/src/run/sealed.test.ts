import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSealed, writeSealed } from './sealed.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sealed-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

it('is read as it was written, and not with any of its bytes changed', () => {
  const file = join(dir, 'x.json');
  const value = { key: 'é', numbers: { 10: -0.5, 2: 1e21 }, list: [null, true, Number.NaN], none: undefined };
  writeSealed(file, value);
  expect(readSealed(file, 'key')).toEqual({ key: 'é', numbers: { 2: 1e21, 10: -0.5 }, list: [null, true, null] });
  expect(readSealed<{ other: 1 }>(file, 'other')).toBeUndefined();
  const bytes = readFileSync(file);
  for (const [at, byte] of bytes.entries()) {
    if (/\s/.test(String.fromCharCode(byte))) continue;
    writeFileSync(file, bytes.with(at, byte ^ 1));
    const found = readSealed<typeof value>(file, 'key');
    // A sum under another name is none.
    if (found) expect(found).toMatchObject({ key: 'é', list: [null, true, null] });
  }
});

it('is read where an older version wrote it', () => {
  writeFileSync(join(dir, 'x.json'), '{"key": 1}');
  expect(readSealed(join(dir, 'x.json'))).toEqual({ key: 1 });
  expect(readSealed(join(dir, 'none.json'))).toBeUndefined();
});
