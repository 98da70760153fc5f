import { readFileSync } from 'node:fs';
import { addressed } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { makeAntialiasResizer } from './antialias.ts';
import { brightness, clip, grayContrast, graySaturation, hue } from './color.ts';
import { cutout } from './cutout.ts';
import { motionBlur, motionKernel } from './motion-blur.ts';
import { drawNoise } from './noise.ts';
import { rotate } from './rotate.ts';
import { sobel } from './sobel.ts';
import { equalize, solarize } from './tone.ts';

/** Made by testdata/outside.py with Pillow, torchvision, torch, numpy and SciPy. */
const outside = JSON.parse(readFileSync(new URL('../testdata/outside.json', import.meta.url), 'utf8')) as {
  shape: [number, number, number];
  image: number[];
  antialias: { size: [number, number]; values: number[] }[];
  jitter: { op: 'brightness' | 'contrast' | 'saturation' | 'hue'; factor: number; values: number[] }[];
  solarize: { threshold: number; values: number[] }[];
  equalize: number[];
  equalizeLarge: number[];
  rotate: number[][];
  sobel: number[];
  motion: { side: number; angle: number; kernel: number[]; values: number[] }[];
  cutout: { y: number; x: number; length: number; mask: number[] }[];
  normal: { levels: number[]; quantiles: number[] };
};
const { shape } = outside;
const [height, width, channels] = shape;
const size = height * width * channels;
const image = () => Float32Array.from(outside.image, (v) => v / 255);
const scratch = new Float32Array(size);

function worst(actual: ArrayLike<number>, expected: number[], scale = 1): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce((most, v, i) => Math.max(most, Math.abs(v / scale - actual[i]!)), 0);
}

describe('operations against Pillow, torchvision and torch', () => {
  it.each(outside.antialias)('antialiased resize to $size', ({ size: [h, w], values }) => {
    const out = new Float32Array(h * w * channels);
    makeAntialiasResizer(h, w, channels, 1)(Uint8Array.from(outside.image), 0, width, whole, false, out, 0);
    expect(worst(out, values)).toBeLessThan(2e-4); // of values up to 255
  });
  const whole = { y: 0, x: 0, height, width };

  it.each(outside.jitter)("torchvision's adjust_$op($factor)", ({ op, factor, values }) => {
    const actual = image();
    if (op === 'brightness') brightness(actual, 0, size, factor, 0);
    else if (op === 'contrast') grayContrast(actual, 0, size, channels, factor);
    else if (op === 'saturation') graySaturation(actual, 0, size, factor);
    else hue(actual, 0, size, factor);
    clip(actual, 0, size);
    expect(worst(actual, values)).toBeLessThan(2e-6);
  });

  it.each(outside.solarize)('solarize from $threshold', ({ threshold, values }) => {
    const actual = image();
    solarize(actual, 0, size, threshold / 255);
    expect(worst(actual, values, 255)).toBeLessThan(1e-6);
  });

  it('equalize, of a small image (few pixels a level) and a large one', () => {
    const small = image();
    equalize(small, 0, size, channels);
    expect(worst(small, outside.equalize, 255)).toBeLessThan(1e-6);
    // Enlarged as Pillow does by nearest neighbour, and sampled as in outside.py.
    const side = 90;
    const from = (i: number) => Math.floor(((i + 0.5) * height) / side);
    const large = Float32Array.from({ length: side * side * channels }, (_, i) => {
      const [y, x] = [Math.floor(i / channels / side), Math.floor(i / channels) % side];
      return outside.image[(from(y) * width + from(x)) * channels + (i % channels)]! / 255;
    });
    equalize(large, 0, large.length, channels);
    const sampled: number[] = [];
    for (let y = 0; y < side; y += 9)
      for (let x = 0; x < side; x += 7) sampled.push(...large.subarray((y * side + x) * 3, (y * side + x) * 3 + 3));
    expect(worst(sampled, outside.equalizeLarge, 255)).toBeLessThan(1e-6);
  });

  it('rotate', () => {
    outside.rotate.forEach((values, quarters) => {
      const actual = image();
      rotate(actual, 0, height, channels, quarters, scratch);
      expect(worst(actual, values, 255)).toBeLessThan(1e-6);
    });
  });

  it('sobel', () => {
    const actual = image();
    sobel(actual, 0, shape, scratch);
    expect(worst(actual, outside.sobel)).toBeLessThan(2e-6);
  });

  it.each(outside.motion)('motion blur $side px at $angle degrees', ({ side, angle, kernel, values }) => {
    const ours = motionKernel(side, angle);
    expect(worst(ours, kernel)).toBeLessThan(1e-8);
    const actual = image();
    motionBlur(actual, 0, shape, ours, scratch);
    expect(worst(actual, values)).toBeLessThan(1e-6);
  });

  it.each(outside.cutout)('cutout of $length at $y, $x', ({ y, x, length, mask }) => {
    const actual = image();
    cutout(actual, 0, shape, y, x, length);
    const expected = outside.image.map((v, i) => v * mask[Math.floor(i / channels)]!);
    expect(worst(actual, expected, 255)).toBeLessThan(1e-6);
  });

  it('noise is normal', () => {
    const values = new Float64Array(200_001);
    drawNoise(addressed(1), values, 0, values.length, 2);
    values.sort();
    outside.normal.levels.forEach((level, i) => {
      // Five standard errors of the share below the quantile.
      const error = 5 * Math.sqrt((level * (1 - level)) / values.length);
      const below = values.findIndex((v) => v > 2 * outside.normal.quantiles[i]!) / values.length;
      expect(Math.abs(below - level)).toBeLessThan(error);
    });
  });
});
