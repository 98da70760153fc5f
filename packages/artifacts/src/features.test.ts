import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readFeatures, writeFeatures } from './features.ts';

it.each([undefined, 6, 1])('gives back what was written (%s values a batch)', async (batchValues) => {
  const dir = mkdtempSync(join(tmpdir(), 'features-'));
  try {
    const features = Float32Array.from({ length: 21 }, (_, i) => Math.sin(i));
    const labels = Int32Array.from({ length: 7 }, (_, i) => i % 2);
    await writeFeatures(join(dir, 'x.arrow'), { features, labels, dim: 3 }, { batchValues });
    expect(readdirSync(dir)).toEqual(['x.arrow']);
    expect(readFeatures(join(dir, 'x.arrow'))).toEqual({ features, labels, dim: 3 });
    expect(() => readFeatures(join(dir, 'y.arrow'))).toThrow(/^missing features: /);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

it('pixels take a quarter, and come back to the bit; what are no whole 255ths stay as they are', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'features-'));
  try {
    const labels = new Int32Array(256);
    const pixels = Float32Array.from({ length: 256 * 40 }, (_, i) => ((7 * i) % 256) / 255);
    const others = [0.5, -1 / 255, 256 / 255, Number.NaN].map((value) => Float32Array.from(pixels).fill(value, 3, 4));
    for (const [i, features] of [pixels, ...others].entries()) {
      const path = join(dir, `${i}.arrow`);
      await writeFeatures(path, { features, labels, dim: 40 }, { pixels: true, batchValues: 3000 });
      expect(readFeatures(path)).toEqual({ features, labels, dim: 40 });
      expect(statSync(path).size < 2 * features.length).toBe(i === 0);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});
