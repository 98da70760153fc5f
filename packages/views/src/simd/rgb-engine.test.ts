import { addressed } from '@simclr/stage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWide, makeAntialiasResizer, type WideResize } from '../ops/antialias.ts';
import { makeBlur } from '../ops/blur.ts';
import { clip } from '../ops/color.ts';
import { applyJitter, type Jitter } from '../ops/jitter.ts';
import { makeResizer, type PlainResize } from '../ops/resize.ts';
import { grayscale } from '../testdata/grayscale.ts';
import { RgbEngine } from './rgb-engine.ts';

const side = fc.integer({ min: 1, max: 40 });

/** Values between −0.1 and 1.1, some of them equal: grays, primary colours, black and white. */
function makeImage(length: number, seed: number): Float32Array {
  const random = addressed(seed);
  return Float32Array.from({ length }, (_, i) =>
    Math.floor(i / 3) % 5 === 0 ? Math.round(random.next()) : (i % 7 === 0 ? 1 : 1.2) * random.next() - 0.1,
  );
}

/** The largest difference; 0 is bit by bit, but for the sign of zero. */
const worst = (a: Float32Array, b: Float32Array): number =>
  a.length === b.length ? a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0) : Number.NaN;

/** What is allowed of one operation, or of a jitter's four. */
const BOUNDS = { double: { resize: 0, colour: 0 }, single: { resize: 1e-6, colour: 1e-5 } } as const;

describe.each(['double', 'single'] as const)('the vector kernels in %s precision against ops/', (precision) => {
  const bounds = BOUNDS[precision];

  it('resize of any box to any size', () => {
    const policy = fc.record({
      height: side,
      width: side,
      sourceHeight: side,
      sourceWidth: side,
      place: fc.tuple(...[0, 1, 2, 3].map(() => fc.double({ min: 0, max: 0.999, noNaN: true }))),
      flip: fc.boolean(),
      kind: fc.constantFrom<PlainResize | WideResize>(
        'half-pixel',
        'legacy',
        'bilinear',
        'antialias',
        'bilinear-antialias',
      ),
    });
    fc.assert(
      fc.property(policy, ({ height, width, sourceHeight, sourceWidth, place, flip, kind }) => {
        const random = addressed(sourceHeight, sourceWidth);
        const pixels = Uint8Array.from({ length: 2 * sourceHeight * sourceWidth * 3 }, () => 256 * random.next());
        const offset = sourceHeight * sourceWidth * 3;
        const y = Math.floor(place[0]! * sourceHeight);
        const x = Math.floor(place[1]! * sourceWidth);
        const box = {
          y,
          x,
          height: 1 + Math.floor(place[2]! * (sourceHeight - y)),
          width: 1 + Math.floor(place[3]! * (sourceWidth - x)),
        };
        const expected = new Float32Array(height * width * 3);
        const resize = isWide(kind)
          ? makeAntialiasResizer(height, width, 3, 1 / 255, kind)
          : makeResizer(height, width, 3, 1 / 255, kind);
        resize(pixels, offset, sourceWidth, box, flip, expected, 0);
        const engine = new RgbEngine(height, width, precision, kind);
        engine.resize(pixels, offset, sourceWidth, box, flip);
        const bound = isWide(kind) ? BOUNDS.single.resize : bounds.resize;
        expect(worst(engine.image, expected)).toBeLessThanOrEqual(bound);
      }),
    );
  });

  it('colour jitter in any order, gray and clip', () => {
    // Draws have 32 bits: what they are multiplied by is 0 or no smaller than this. Subnormal factors round otherwise.
    const drawn = (min: number, max: number) =>
      fc.double({ min, max, noNaN: true }).map((value) => (Math.abs(value) < 2 ** -32 ? 0 : value));
    const factor = drawn(-0.6, 2.6);
    const draws = fc.record({
      order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }).map((order) => Uint8Array.from(order)),
      brightnessFactor: drawn(0, 2.6),
      brightnessDelta: drawn(-1, 1),
      contrast: factor,
      saturation: factor,
      hue: drawn(-0.5, 0.5),
      torchvision: fc.boolean(),
    });
    fc.assert(
      fc.property(side, side, draws, fc.nat(), (height, width, jitter: Jitter, seed) => {
        const image = makeImage(height * width * 3, seed);
        const engine = new RgbEngine(height, width, precision, 'half-pixel');
        for (const operation of ['clip', 'jitter', 'grayscale'] as const) {
          engine.image.set(image);
          const expected = Float32Array.from(image);
          if (operation === 'jitter') {
            engine.jitter(jitter);
            applyJitter(expected, 0, expected.length, 3, jitter);
          } else if (operation === 'grayscale') {
            engine.grayscale();
            grayscale(expected, 0, expected.length);
          } else engine.clip();
          clip(expected, 0, expected.length);
          expect(worst(engine.image, expected)).toBeLessThanOrEqual(bounds.colour);
        }
      }),
    );
  });

  it('blur, to single precision', () => {
    const sigma = fc.double({ min: 0.01, max: 4, noNaN: true });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 23 }), sigma, (height, width, radius, sigma) => {
        const image = makeImage(height * width * 3, radius);
        clip(image, 0, image.length);
        const engine = new RgbEngine(height, width, precision, 'half-pixel');
        const blur = engine.makeBlur(radius);
        // Twice: what the first leaves in the buffers must not show.
        for (let round = 0; round < 2; round++) {
          engine.image.set(image);
          blur(sigma);
        }
        makeBlur([height, width, 3], radius)(image, 0, sigma);
        expect(worst(engine.image, image)).toBeLessThan(1e-6);
      }),
    );
  });

  it('grows its memory for larger images', () => {
    const engine = new RgbEngine(8, 8, precision, 'half-pixel');
    for (const size of [8, 300, 20]) {
      const pixels = new Uint8Array(size * size * 3).fill(51);
      engine.resize(pixels, 0, size, { y: 0, x: 0, height: size, width: size }, false);
      for (const v of engine.image) expect(v).toBeCloseTo(0.2, 6);
    }
  });
});
