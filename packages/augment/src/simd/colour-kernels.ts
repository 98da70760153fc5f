import { GREY } from '../ops/colour.ts';
import { type Code, F64, f32x4, f64x2, I32, Kernel, type Variable, v128 } from './assembler.ts';

/** Four pixels [r g b r | g b r g | b r g b] and back. */
const BYTES = 48;

/** The upper two lanes. */
const upper = (v: Code): Code => v128.shuffle(v, v, [2, 3, 2, 3]);

const clipped = (v: Code): Code => f32x4.least(f32x4.most(v, f64x2.const(0)), f32x4.splat([0x43, 0, 0, 0x80, 0x3f]));

/** Two halves in double precision, rounded to single once. */
const rounded = (k: Kernel, low: Code, high: Code): Code =>
  k.let(v128.shuffle(f64x2.toFloats(low), f64x2.toFloats(high), [0, 1, 4, 5]));

interface Pixels {
  r: Code;
  g: Code;
  b: Code;
}

/** A kernel over pixels, four at a time: (address, end, factor). Works in double precision and clips to [0, 1]. */
function pixelKernel(operation: (k: Kernel, pixels: Pixels, factor: Code) => Pixels): Kernel {
  const k = new Kernel(I32, I32, F64);
  const at = k.parameter(0);
  const factor = k.let(f64x2.splat(k.parameter(2).get));
  k.loop(at, BYTES, k.parameter(1).get, () => {
    const [p, q, s] = [0, 16, 32].map((offset) => k.let(v128.load(at.get, offset))) as [Code, Code, Code];
    const planes = [
      k.let(v128.shuffle(v128.shuffle(p, q, [0, 3, 6, 6]), s, [0, 1, 2, 5])),
      k.let(v128.shuffle(v128.shuffle(p, q, [1, 4, 7, 7]), s, [0, 1, 2, 6])),
      k.let(v128.shuffle(v128.shuffle(p, q, [2, 5, 5, 5]), s, [0, 1, 4, 7])),
    ];
    const half = (take: (v: Code) => Code): Pixels => {
      const [r, g, b] = planes.map((plane) => k.let(f64x2.fromFloats(take(plane)))) as [Code, Code, Code];
      return operation(k, { r, g, b }, factor);
    };
    const low = half((v) => v);
    const high = half(upper);
    const r = k.let(clipped(rounded(k, low.r, high.r)));
    const g = k.let(clipped(rounded(k, low.g, high.g)));
    const b = k.let(clipped(rounded(k, low.b, high.b)));
    k.do(v128.store(at.get, v128.shuffle(v128.shuffle(r, g, [0, 4, 1, 1]), b, [0, 1, 4, 2])));
    k.do(v128.store(at.get, v128.shuffle(v128.shuffle(g, r, [1, 6, 2, 2]), b, [0, 5, 1, 2]), 16));
    k.do(v128.store(at.get, v128.shuffle(b, v128.shuffle(r, g, [3, 7, 7, 7]), [2, 4, 5, 3]), 32));
  });
  return k;
}

const most = ({ r, g, b }: Pixels): Code => f64x2.most(f64x2.most(r, g), b);
const least = ({ r, g, b }: Pixels): Code => f64x2.least(f64x2.least(r, g), b);
const each = ({ r, g, b }: Pixels, f: (channel: Code) => Code): Pixels => ({ r: f(r), g: f(g), b: f(b) });

/** `saturation` of ops/colour.ts. */
const saturation = pixelKernel((k, pixels, factor) => {
  const value = k.let(most(pixels));
  const chroma = k.let(f64x2.sub(value, least(pixels)));
  const fullest = k.let(f64x2.greater(f64x2.mul(factor, chroma), value));
  const share = v128.select(f64x2.div(value, chroma), factor, fullest);
  const scale = k.let(v128.without(share, f64x2.lessOrEqual(value, f64x2.const(0))));
  const coloured = k.let(f64x2.greater(chroma, f64x2.const(0)));
  return each(pixels, (x) => k.let(v128.select(f64x2.sub(value, f64x2.mul(f64x2.sub(value, x), scale)), x, coloured)));
});

/** `hue` of ops/colour.ts; the factor is 6 · delta, in [−3, 3]. */
const hue = pixelKernel((k, pixels, turn) => {
  const { r, g, b } = pixels;
  const value = k.let(most(pixels));
  const low = k.let(least(pixels));
  const chroma = k.let(f64x2.sub(value, low));
  const red = k.let(f64x2.equal(value, r));
  const green = k.let(f64x2.equal(value, g));
  const pick = (ifRed: Code, ifGreen: Code, ifBlue: Code) =>
    v128.select(ifRed, v128.select(ifGreen, ifBlue, green), red);
  const difference = pick(f64x2.sub(g, b), f64x2.sub(b, r), f64x2.sub(r, g));
  const sextant = f64x2.add(f64x2.div(difference, chroma), pick(f64x2.const(0), f64x2.const(2), f64x2.const(4)));
  const six = f64x2.const(6);
  const h = k.variable(f64x2.add(sextant, turn));
  h.set(v128.select(f64x2.add(h.get, six), h.get, f64x2.less(h.get, f64x2.const(0))));
  h.set(v128.select(f64x2.sub(h.get, six), h.get, f64x2.greaterOrEqual(h.get, six)));
  const away = (center: number) => f64x2.abs(f64x2.sub(h.get, f64x2.const(center)));
  const shares: Pixels = {
    r: f64x2.sub(away(3), f64x2.const(1)),
    g: f64x2.sub(f64x2.const(2), away(2)),
    b: f64x2.sub(f64x2.const(2), away(4)),
  };
  const coloured = k.let(f64x2.greater(chroma, f64x2.const(0)));
  const channel = (share: Code, x: Code) => {
    const bounded = f64x2.least(f64x2.most(share, f64x2.const(0)), f64x2.const(1));
    return k.let(v128.select(f64x2.add(low, f64x2.mul(chroma, bounded)), x, coloured));
  };
  return { r: channel(shares.r, r), g: channel(shares.g, g), b: channel(shares.b, b) };
});

/** `greyscale` of ops/colour.ts, clipped; the factor is not used. */
const grey = pixelKernel((k, { r, g, b }) => {
  const [red, green, blue] = GREY.map((weight) => f64x2.const(weight)) as [Code, Code, Code];
  const y = k.let(f64x2.add(f64x2.add(f64x2.mul(red, r), f64x2.mul(green, g)), f64x2.mul(blue, b)));
  return { r: y, g: y, b: y };
});

/** x · factor + shift of its channel, clipped: (address, end, factor, red, green, blue). Brightness and contrast. */
function makeLinear(): Kernel {
  const k = new Kernel(I32, I32, F64, F64, F64, F64);
  const at = k.parameter(0);
  const factor = k.let(f64x2.splat(k.parameter(2).get));
  const [red, green, blue] = [3, 4, 5].map((i) => k.let(f64x2.splat(k.parameter(i).get))) as [Code, Code, Code];
  const pair = (a: Code, b: Code) => k.let(v128.shuffle(a, b, [0, 1, 4, 5]));
  const shifts = [pair(red, green), pair(blue, red), pair(green, blue)];
  k.loop(at, BYTES, k.parameter(1).get, () => {
    for (let i = 0; i < 3; i++) {
      const half = (j: number) => {
        const x = f64x2.fromFloats(v128.load64(at.get, 16 * i + 8 * j));
        return f64x2.add(f64x2.mul(x, factor), shifts[(2 * i + j) % 3]!);
      };
      k.do(v128.store(at.get, clipped(rounded(k, half(0), half(1))), 16 * i));
    }
  });
  return k;
}

/** Sums of the channels in the order of the pixels: (address, end, where to put [red, green, blue, –] in double). */
function makeSums(): Kernel {
  const k = new Kernel(I32, I32, I32);
  const at = k.parameter(0);
  const sums: [Variable, Variable] = [k.variable(f64x2.const(0)), k.variable(f64x2.const(0))];
  k.loop(at, 12, k.parameter(1).get, () => {
    sums[0].set(f64x2.add(sums[0].get, f64x2.fromFloats(v128.load64(at.get))));
    sums[1].set(f64x2.add(sums[1].get, f64x2.fromFloats(v128.load32(at.get, 8))));
  });
  sums.forEach((sum, i) => void k.do(v128.store(k.parameter(2).get, sum.get, 16 * i)));
  return k;
}

/** Clips to [0, 1]: (address, end). */
function makeClip(): Kernel {
  const k = new Kernel(I32, I32);
  const at = k.parameter(0);
  k.loop(at, 16, k.parameter(1).get, () => k.do(v128.store(at.get, clipped(v128.load(at.get)))));
  return k;
}

/** On float images [pixels, 3] whose room is a multiple of 48 bytes. All but `sums` may write over the rest of the last. */
export const colourKernels = { saturation, hue, grey, linear: makeLinear(), sums: makeSums(), clip: makeClip() };
