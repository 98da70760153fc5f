import { describe, expect, it } from 'vitest';
import { type Case, cases, jitterOf, tensor } from '../testdata/golden.ts';
import type { KernelPrecision } from './assembler.ts';
import { RgbEngine } from './rgb-engine.ts';

/** What the vector kernels make of a case's image, which is one of uint8 values times 1 / 255. */
function apply({ name, inputs, params: p }: Case, precision: KernelPrecision): Float32Array {
  const { data, shape } = tensor(inputs.image!.tensor);
  const cropped = p.box !== undefined;
  const [height, width] = cropped ? [p.height, p.width] : shape;
  const engine = new RgbEngine(height, width, precision, p.kind === 'legacy' ? 'legacy' : 'half-pixel');
  if (cropped) {
    const [y, x, boxHeight, boxWidth] = p.box as [number, number, number, number];
    const pixels = Uint8Array.from(data, (v) => Math.round(255 * v));
    engine.resize(pixels, 0, shape[1], { y, x, height: boxHeight, width: boxWidth }, p.flip === true);
  } else engine.image.set(data);
  const [kind] = name.split('/') as [string];
  if (kind.startsWith('jitter') || p.jitter) engine.jitter(jitterOf(p));
  if (kind === 'to_grayscale' || p.grayscale) engine.grayscale();
  if (kind === 'blur') engine.makeBlur(p.radius)(p.sigma);
  if (kind === 'pipeline') engine.clip();
  return engine.image;
}

const KINDS = ['to_grayscale', 'jitter_fixed', 'jitter_order', 'jitter_order_v1', 'blur', 'center_crop', 'pipeline'];
const known = cases.filter(({ name, outputs }) => {
  const [kind] = name.split('/') as [string];
  return outputs.image && (KINDS.includes(kind) || kind.startsWith('crop_resize'));
});

describe.each([
  'double',
  'single',
] as const)('the vector kernels in %s precision against the reference', (precision) => {
  it('covers most cases', () => expect(known.length).toBeGreaterThan(25));

  it.each(known.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const expected = tensor(c.outputs.image!.tensor).data;
    const actual = apply(c, precision);
    expect(actual.length).toBe(expected.length);
    const worst = actual.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[i]!)), 0);
    expect(worst).toBeLessThanOrEqual(c.tolerance.atol);
  });
});
