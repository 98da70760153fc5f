import { readFileSync } from 'node:fs';
import { addressed, type Random } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { type Box, referenceCrop } from './crop-box.ts';

interface Statistics {
  mean: number;
  std: number;
  quantiles: number[];
}

describe('the crop sampler against 200,000 draws of the reference', () => {
  const { cases: sizes } = JSON.parse(
    readFileSync(new URL('../testdata/crop-statistics.json', import.meta.url), 'utf8'),
  ) as {
    cases: {
      name: string;
      params: { image_height: number; image_width: number };
      outputs: { quantile_levels: number[]; statistics: Record<string, Statistics>; rest: Record<string, number> };
    }[];
  };
  it.each(sizes.map((c) => [c.name, c] as const))('%s', (_, { params, outputs }) => {
    const { image_height: H, image_width: W } = params;
    const draws = 200_000;
    const random: Random = addressed(1);
    const box: Box = { y: 0, x: 0, height: 0, width: 0 };
    const samples: Record<string, number[]> = { area: [], aspect: [], h: [], w: [], y: [], x: [] };
    let full = 0;
    for (let i = 0; i < draws; i++) {
      referenceCrop(random, H, W, { area: [0.08, 1], ratio: [0.75, 4 / 3] }, box);
      samples.area!.push((box.height * box.width) / (H * W));
      samples.aspect!.push(box.width / box.height);
      samples.h!.push(box.height);
      samples.w!.push(box.width);
      samples.y!.push(box.y);
      samples.x!.push(box.x);
      if (box.height === H && box.width === W) full++;
      // The last offset is never drawn.
      if (box.height < H) expect(box.y).toBeLessThan(H - box.height);
    }
    for (const [name, values] of Object.entries(samples)) {
      const { mean, std, quantiles } = outputs.statistics[name]!;
      // Two samples of 200,000: five standard errors of their difference.
      const error = (5 * std * Math.SQRT2) / Math.sqrt(draws);
      expect(Math.abs(values.reduce((a, b) => a + b) / draws - mean), `${name} mean`).toBeLessThan(error);
      values.sort((a, b) => a - b);
      outputs.quantile_levels.forEach((level, i) => {
        // A quantile lies between those of neighbouring ranks of the other sample.
        const spread = (5 * Math.sqrt(2 * level * (1 - level))) / Math.sqrt(draws) + 1 / draws;
        const at = (q: number) => values[Math.min(draws - 1, Math.max(0, Math.round(q * (draws - 1))))]!;
        if (level === 0 || level === 1) return;
        expect(quantiles[i]!, `${name} ${level}`).toBeGreaterThanOrEqual(at(level - spread) - 1e-9);
        expect(quantiles[i]!, `${name} ${level}`).toBeLessThanOrEqual(at(level + spread) + 1e-9);
      });
    }
    const p = outputs.rest.full_image_fraction!;
    expect(Math.abs(full / draws - p)).toBeLessThan(5 * Math.sqrt((2 * p) / draws) + 1e-4);
  });
});
