import { type Code, f32x4, I32, i32, Kernel, v128 } from './assembler.ts';

/** Values of one iteration: as many vectors as keep the adders busy. */
const VECTORS = 4;

/**
 * Convolution with a symmetric kernel along one axis, in single precision: (in, out, end of out, stride, taps, end of
 * taps). The neighbours of a value lie `stride` bytes apart; the taps are those from the centre outwards. Writes whole
 * iterations of 64 bytes.
 */
export function makeConvolve(): Kernel {
  const k = new Kernel(I32, I32, I32, I32, I32, I32);
  const [from, to] = [k.parameter(0), k.parameter(1)];
  const [end, stride, taps, lastTap] = [2, 3, 4, 5].map((i) => k.parameter(i).get) as [Code, Code, Code, Code];
  const tap = k.variable(taps, I32);
  const before = k.variable(taps, I32);
  const after = k.variable(taps, I32);
  const centre = k.let(v128.load32Splat(taps));
  k.loop(to, 16 * VECTORS, end, () => {
    const sums = Array.from({ length: VECTORS }, (_, i) => k.variable(f32x4.mul(centre, v128.load(from.get, 16 * i))));
    before.set(from.get);
    after.set(from.get);
    tap.set(i32.add(taps, i32.const(4)));
    k.loop(tap, 4, lastTap, () => {
      before.set(i32.sub(before.get, stride));
      after.set(i32.add(after.get, stride));
      const weight = k.let(v128.load32Splat(tap.get));
      sums.forEach((sum, i) => {
        const both = f32x4.add(v128.load(before.get, 16 * i), v128.load(after.get, 16 * i));
        sum.set(f32x4.add(sum.get, f32x4.mul(weight, both)));
      });
    });
    sums.forEach((sum, i) => void k.do(v128.store(to.get, sum.get, 16 * i)));
    from.set(i32.add(from.get, i32.const(16 * VECTORS)));
  });
  return k;
}
