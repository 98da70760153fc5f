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

const cores = String(availableCores());

/** The state that a process of its own comes to. */
function train(precision: string, steps: number, environment: Record<string, string>): Float32Array {
  const threads = { TF_NUM_INTRAOP_THREADS: cores, TF_NUM_INTEROP_THREADS: cores };
  const env = { ...process.env, ...threads, ...environment };
  const bytes = execFileSync(process.execPath, [script, precision, cache, String(steps)], { env, stdio: 'pipe' });
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** ‖a − b‖ / ‖b‖. */
function relativeDifference(a: Float32Array, b: Float32Array): number {
  const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  return norm(a.map((value, i) => value - b[i]!)) / norm(b);
}

describe('processes from the same start', () => {
  it.each(['fp32', 'bf16'])('come to bitwise equal weights in %s, whatever runs side by side', (precision) => {
    const first = train(precision, 20, {});
    expect(first.length).toBeGreaterThan(1000);
    expect(train(precision, 20, {})).toEqual(first);
    expect(train(precision, 20, { TF_NUM_INTEROP_THREADS: '1' })).toEqual(first);
  });
});

describe('kinds of CPU', () => {
  // oneDNN's kernels for older processors, which every x86-64 that can run TensorFlow has, stand in for another machine.
  it.each([1, 20])('agree in fp32 to 5e-7 of the weights after %d steps (measured: 2e-8 to 6e-8)', (steps) => {
    const older = train('fp32', steps, { ONEDNN_MAX_CPU_ISA: 'SSE41' });
    const difference = relativeDifference(older, train('fp32', steps, {}));
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(5e-7);
  });
});
