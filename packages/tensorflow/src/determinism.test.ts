import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { availableCores } from './cpu.ts';

const script = fileURLToPath(new URL('testdata/train.ts', import.meta.url));
const cache = mkdtempSync(join(tmpdir(), 'graphs-'));
afterAll(() => rmSync(cache, { recursive: true }));

const digest = (precision: string, intra: number, inter: number) => {
  const env = { ...process.env, TF_NUM_INTRAOP_THREADS: String(intra), TF_NUM_INTEROP_THREADS: String(inter) };
  return execFileSync(process.execPath, [script, precision, cache], { env, encoding: 'utf8', stdio: 'pipe' });
};

describe('processes from the same start', () => {
  it.each(['fp32', 'bf16'])('come to bitwise equal weights in %s, whatever runs side by side', (precision) => {
    const cores = availableCores();
    const first = digest(precision, cores, cores);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(digest(precision, cores, cores)).toBe(first);
    expect(digest(precision, cores, 1)).toBe(first);
  });
});
