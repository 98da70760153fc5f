import { LUMINANCE } from '../ops/color.ts';
import { type Code, F64, f32x4, f64x2, I32, Kernel, type KernelPrecision, single, v128 } from './assembler.ts';

/** Four pixels [r g b r | g b r g | b r g b]. */
const BYTES = 48;

/** Divided by instead of 0: then equal channels stay equal. */
const TINY = 1e-37;

/** The upper two lanes. */
const upper = (v: Code): Code => v128.shuffle(v, v, [2, 3, 2, 3]);
const clipped = (k: Kernel, v: Code): Code =>
  f32x4.least(f32x4.most(v, k.once(f32x4.const(0))), k.once(f32x4.const(1)));

/** Two halves in double precision, rounded once. */
const rounded = (k: Kernel, low: Code, high: Code): Code =>
  k.let(v128.shuffle(f64x2.toFloats(low), f64x2.toFloats(high), [0, 1, 4, 5]));

/** The lanes moved down by so many, around. */
const rotated = (k: Kernel, v: Code, by: number): Code => {
  const [x, lanes] = [k.let(v), [0, 1, 2, 3].map((lane) => (lane + by) % 4)];
  return k.let(v128.shuffle(x, x, lanes));
};

/** `a` with one lane of `b`. Processors have an instruction for it; V8 makes three of most shuffles of two vectors. */
const blend = (a: Code, b: Code, lane: number): Code => {
  const lanes = [0, 1, 2, 3].map((i) => (i === lane ? i + 4 : i));
  return v128.shuffle(a, b, lanes);
};

type Pixels = readonly [red: Code, green: Code, blue: Code];
type Operation = (k: Kernel, pixels: Pixels, factor: Code) => Pixels;

const mapPixels = (pixels: Pixels, f: (channel: Code) => Code): Pixels => pixels.map(f) as unknown as Pixels;

/** The operation on four pixels of single precision. */
function onFour(precision: KernelPrecision, k: Kernel, pixels: Pixels, factor: Code, operation: Operation): Pixels {
  if (precision === 'single') return operation(k, pixels, factor);
  const half = (take: (v: Code) => Code) =>
    operation(
      k,
      mapPixels(pixels, (channel) => k.let(f64x2.fromFloats(take(channel)))),
      factor,
    );
  const [low, high] = [half((v) => v), half(upper)];
  return [0, 1, 2].map((c) => rounded(k, low[c]!, high[c]!)) as unknown as Pixels;
}

/** A kernel over pixels, four at a time, clipped to [0, 1]: (address, end, factor). */
function pixelKernel(precision: KernelPrecision, operation: Operation): Kernel {
  const k = new Kernel(I32, I32, F64);
  const at = k.parameter(0);
  const given = k.parameter(2).get;
  const factor = k.let(precision === 'single' ? f32x4.splat(single(given)) : f64x2.splat(given));
  k.loop(at, BYTES, k.parameter(1).get, () => {
    const [p, q, s] = [0, 16, 32].map((offset) => k.let(v128.load(at.get, offset))) as [Code, Code, Code];
    // Pixels 0, 3, 2, 1.
    const pixels: Pixels = [
      k.let(blend(blend(p, q, 2), s, 1)),
      rotated(k, blend(blend(q, p, 1), s, 2), 1),
      rotated(k, blend(blend(s, p, 2), q, 1), 2),
    ];
    const [r, g, b] = mapPixels(onFour(precision, k, pixels, factor, operation), (channel) =>
      k.let(clipped(k, channel)),
    );
    const [green, blue] = [rotated(k, g, 3), rotated(k, b, 2)];
    k.do(v128.store(at.get, blend(blend(r, green, 1), blue, 2)));
    k.do(v128.store(at.get, blend(blend(green, r, 2), blue, 1), 16));
    k.do(v128.store(at.get, blend(blend(blue, r, 1), green, 2), 32));
  });
  return k;
}

/** `saturation`, `hue` and `graySaturation` of ops/color.ts, and luminance in all three channels. */
function pixelKernels(precision: KernelPrecision) {
  const f = precision === 'single' ? f32x4 : f64x2;
  const constant = (k: Kernel, value: number) => k.once(f.const(value));
  const range = (k: Kernel, [r, g, b]: Pixels) => {
    const value = k.let(f.most(f.most(r, g), b));
    const least = k.let(f.least(f.least(r, g), b));
    return { value, least, chroma: k.let(f.sub(value, least)) };
  };

  const saturation: Operation = (k, pixels, factor) => {
    const { value, chroma } = range(k, pixels);
    const fullest = k.let(f.div(value, f.most(chroma, constant(k, TINY))));
    const share = v128.select(fullest, factor, f.greater(f.mul(factor, chroma), value));
    const scale = k.let(v128.without(share, f.lessOrEqual(value, constant(k, 0))));
    return mapPixels(pixels, (x) => k.let(f.sub(value, f.mul(f.sub(value, x), scale))));
  };

  /** The factor is 6 · delta, in [−3, 3]. */
  const hue: Operation = (k, pixels, turn) => {
    const [r, g, b] = pixels;
    const { value, least, chroma } = range(k, pixels);
    const red = k.let(f.equal(value, r));
    const green = k.let(f.equal(value, g));
    const difference = v128.select(f.sub(g, b), v128.select(f.sub(b, r), f.sub(r, g), green), red);
    const start = v128.without(v128.select(constant(k, 2), constant(k, 4), green), red);
    const sextant = f.add(f.div(difference, f.most(chroma, constant(k, TINY))), start);
    const h = k.variable(f.add(sextant, turn));
    h.set(f.add(h.get, v128.and(f.less(h.get, constant(k, 0)), constant(k, 6))));
    h.set(f.sub(h.get, v128.and(f.greaterOrEqual(h.get, constant(k, 6)), constant(k, 6))));
    const away = (center: number) => f.abs(f.sub(h.get, constant(k, center)));
    const shares: Pixels = [
      f.sub(away(3), constant(k, 1)),
      f.sub(constant(k, 2), away(2)),
      f.sub(constant(k, 2), away(4)),
    ];
    return mapPixels(shares, (share) => {
      const bounded = f.least(f.most(share, constant(k, 0)), constant(k, 1));
      return k.let(f.add(least, f.mul(chroma, bounded)));
    });
  };

  const luminance = (k: Kernel, pixels: Pixels) => {
    const weighted = pixels.map((channel, i) => f.mul(constant(k, LUMINANCE[i]!), channel));
    return k.let(weighted.reduce((sum, part) => f.add(sum, part)));
  };

  /** The factor is not used. */
  const gray: Operation = (k, pixels) => {
    const y = luminance(k, pixels);
    return [y, y, y];
  };

  const graySaturation: Operation = (k, pixels, factor) => {
    const shift = k.let(f.mul(f.sub(constant(k, 1), factor), luminance(k, pixels)));
    return mapPixels(pixels, (x) => k.let(f.add(f.mul(x, factor), shift)));
  };

  return {
    saturation: pixelKernel(precision, saturation),
    hue: pixelKernel(precision, hue),
    grayscale: pixelKernel(precision, gray),
    graySaturation: pixelKernel(precision, graySaturation),
  };
}

/** x · factor + shift of its channel, clipped: (address, end, factor, red, green, blue). Brightness and contrast. */
function makeLinear(precision: KernelPrecision): Kernel {
  const k = new Kernel(I32, I32, F64, F64, F64, F64);
  const at = k.parameter(0);
  const scalars = [2, 3, 4, 5].map((i) => k.parameter(i).get);
  const splat = (scalar: Code) => k.let(precision === 'single' ? f32x4.splat(single(scalar)) : f64x2.splat(scalar));
  const [factor, ...shifts] = scalars.map(splat) as [Code, Code, Code, Code];
  const pair = (i: number) => k.let(v128.shuffle(shifts[i % 3]!, shifts[(i + 1) % 3]!, [0, 1, 4, 5]));
  const pairs = [pair(0), pair(2), pair(1)];
  const quad = (i: number) => {
    const [a, b, c] = [shifts[i % 3]!, shifts[(i + 1) % 3]!, shifts[(i + 2) % 3]!];
    return k.let(v128.shuffle(v128.shuffle(a, b, [0, 4, 0, 4]), v128.shuffle(c, a, [0, 4, 0, 4]), [0, 1, 4, 5]));
  };
  const quads = [quad(0), quad(1), quad(2)];
  k.loop(at, BYTES, k.parameter(1).get, () => {
    for (let i = 0; i < 3; i++) {
      const half = (j: number) => {
        const x = f64x2.fromFloats(v128.load64(at.get, 16 * i + 8 * j));
        return f64x2.add(f64x2.mul(x, factor), pairs[(2 * i + j) % 3]!);
      };
      const whole = () => f32x4.add(f32x4.mul(v128.load(at.get, 16 * i), factor), quads[i]!);
      const made = precision === 'single' ? whole() : rounded(k, half(0), half(1));
      k.do(v128.store(at.get, clipped(k, made), 16 * i));
    }
  });
  return k;
}

/**
 * Sums of the channels in double precision: (address, end, where to put [red, green, blue, –]). Under `double` in the order
 * of the pixels, as ops/color.ts; under `single` of four pixels side by side, so that what is up to 36 bytes behind the
 * end must be 0.
 */
function makeSums(precision: KernelPrecision): Kernel {
  const k = new Kernel(I32, I32, I32);
  const [at, end, to] = [k.parameter(0), k.parameter(1).get, k.parameter(2).get];
  const pairs = precision === 'single' ? 6 : 2;
  const sums = Array.from({ length: pairs }, () => k.variable(f64x2.const(0)));
  k.loop(at, precision === 'single' ? BYTES : 12, end, () => {
    sums.forEach((sum, i) => {
      const pair = precision === 'double' && i === 1 ? v128.load32(at.get, 8) : v128.load64(at.get, 8 * i);
      sum.set(f64x2.add(sum.get, f64x2.fromFloats(pair)));
    });
  });
  let [redGreen, blue] = [sums[0]!.get, sums[1]!.get];
  if (precision === 'single') {
    // [r g], [b r], [g b], twice.
    const [rg, br, gb] = [0, 1, 2].map((i) => k.let(f64x2.add(sums[i]!.get, sums[i + 3]!.get))) as [Code, Code, Code];
    redGreen = f64x2.add(rg, v128.shuffle(br, gb, [2, 3, 4, 5]));
    blue = f64x2.add(br, upper(gb));
  }
  k.do(v128.store(to, redGreen));
  k.do(v128.store(to, blue, 16));
  return k;
}

/** Clips to [0, 1]: (address, end). */
function makeClip(): Kernel {
  const k = new Kernel(I32, I32);
  const at = k.parameter(0);
  k.loop(at, 16, k.parameter(1).get, () => k.do(v128.store(at.get, clipped(k, v128.load(at.get)))));
  return k;
}

/** On float images [pixels, 3] whose room is a multiple of 48 bytes: all but `sums` may write over the rest of the last. */
export const colorKernels = (precision: KernelPrecision) => ({
  ...pixelKernels(precision),
  linear: makeLinear(precision),
  sums: makeSums(precision),
  clip: makeClip(),
});
