import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readFeatures, writeFeatures } from './features.ts';

it.each([undefined, 6, 1])('gives back what was written (%s values a batch)', async (batchValues) => {
  const dir = mkdtempSync(join(tmpdir(), 'features-'));
  try {
    const features = Float32Array.from({ length: 21 }, (_, i) => Math.sin(i));
    const labels = Int32Array.from({ length: 7 }, (_, i) => i % 2);
    await writeFeatures(join(dir, 'x.arrow'), { features, labels, dim: 3 }, batchValues);
    expect(readdirSync(dir)).toEqual(['x.arrow']);
    expect(readFeatures(join(dir, 'x.arrow'))).toEqual({ features, labels, dim: 3 });
    expect(() => readFeatures(join(dir, 'y.arrow'))).toThrow(/^missing features: /);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
