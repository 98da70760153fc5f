import { isWide, type WideResize } from '../ops/antialias.ts';
import { luminance } from '../ops/color.ts';
import type { Jitter } from '../ops/jitter.ts';
import type { PlainResize } from '../ops/resize.ts';
import type { KernelPrecision } from './assembler.ts';
import { makeRgbAntialiasResizer } from './rgb-antialias.ts';
import { makeRgbResizer, type RgbResizer } from './rgb-resize.ts';
import { VectorMachine } from './vector-machine.ts';

const FLOAT = 4;
/** Taps of the blur below this share of the middle one are left out: their products are under single precision. */
const LEAST_TAP = 2 ** -26;

/**
 * The reference's operations on one float image [height, width, 3] in the memory of the vector kernels. In double precision
 * results have the bits of ops/; in single, which is twice as fast and what the reference computes in, an operation changes
 * values by up to 2e-6. The antialiased resize and the blur are always in single.
 */
export class RgbEngine {
  readonly #machine: VectorMachine;
  readonly #height: number;
  readonly #width: number;
  readonly #image: number;
  readonly #end: number;
  readonly #sums: number;
  #view: Float32Array | undefined;
  /** From pixels into the image. */
  readonly resize: RgbResizer;

  constructor(height: number, width: number, precision: KernelPrecision, kind: PlainResize | WideResize) {
    const machine = new VectorMachine(precision);
    this.#machine = machine;
    this.#height = height;
    this.#width = width;
    this.#image = machine.allocate(3 * height * width * FLOAT);
    this.#end = this.#image + 3 * height * width * FLOAT;
    this.#sums = machine.allocate(32);
    this.resize = isWide(kind)
      ? makeRgbAntialiasResizer(machine, this.#image, [height, width], kind)
      : makeRgbResizer(machine, this.#image, [height, width], precision, kind);
  }

  /** The image. `resize` may move it: ask anew after it. */
  get image(): Float32Array {
    const { floats } = this.#machine;
    if (this.#view?.buffer !== floats.buffer) this.#view = floats.subarray(this.#image / FLOAT, this.#end / FLOAT);
    return this.#view;
  }

  /** Clips to [0, 1], as all operations below do. */
  clip(): void {
    this.#machine.run.clip(this.#image, this.#end);
  }

  /** Luminance in all three channels, clipped. */
  grayscale(): void {
    this.#machine.run.grayscale(this.#image, this.#end, 0);
  }

  /** `applyJitter`. */
  jitter(draws: Jitter): void {
    const { order, brightnessFactor, brightnessDelta, contrast, saturation, hue, torchvision } = draws;
    const { run } = this.#machine;
    const [from, end] = [this.#image, this.#end];
    for (let i = 0; i < 4; i++) {
      const op = order[i]!;
      if (op === 0) run.linear(from, end, brightnessFactor, brightnessDelta, brightnessDelta, brightnessDelta);
      else if (op === 1) this.#contrast(contrast, torchvision);
      else if (op === 2) (torchvision ? run.graySaturation : run.saturation)(from, end, saturation);
      else run.hue(from, end, 6 * hue);
    }
  }

  #contrast(factor: number, aboutGray: boolean): void {
    const { run, doubles, floats } = this.#machine;
    floats.fill(0, this.#end / FLOAT, this.#end / FLOAT + 9);
    run.sums(this.#image, this.#end, this.#sums);
    const pixels = this.#height * this.#width;
    const at = this.#sums / 8;
    const sums = [doubles[at]!, doubles[at + 1]!, doubles[at + 2]!] as const;
    const gray = luminance(...sums);
    const [red, green, blue] = sums.map((sum) => (1 - factor) * ((aboutGray ? gray : sum) / pixels));
    run.linear(this.#image, this.#end, factor, red!, green!, blue!);
  }

  /** A Gaussian blur of up to so many taps on each side: `makeBlur` of ops/blur.ts. Clip the image before. */
  makeBlur(radius: number): (sigma: number) => void {
    const machine = this.#machine;
    const [height, size] = [this.#height, 3 * this.#width];
    // Rows between zeros, in whole iterations of the kernel; then the same after the horizontal pass, between rows of zeros.
    const border = 3 * radius;
    const stride = Math.ceil((size + 2 * border) / 16) * 16;
    const taps = machine.allocate((radius + 1) * FLOAT);
    const padded = machine.allocate((height * stride + border) * FLOAT) + border * FLOAT;
    const blurred = machine.allocate((height + 2 * radius) * stride * FLOAT) + radius * stride * FLOAT;
    return (sigma) => {
      const { floats, run } = machine;
      const image = this.#image / FLOAT;
      for (let y = 0; y < height; y++)
        floats.copyWithin(padded / FLOAT + y * stride + border, image + y * size, image + (y + 1) * size);
      const lastTap = taps + FLOAT * writeGaussian(floats, taps / FLOAT, radius, sigma);
      run.convolve(padded, blurred, blurred + height * stride * FLOAT, 3 * FLOAT, taps, lastTap);
      for (let y = 0; y < height; y++) {
        const out = this.#image + y * size * FLOAT;
        const from = blurred + (y * stride + border) * FLOAT;
        run.convolve(from, out, out + size * FLOAT, stride * FLOAT, taps, lastTap);
      }
    };
  }
}

/**
 * The kernel from its centre outwards.
 * @returns how many taps count, two at least
 */
function writeGaussian(floats: Float32Array, at: number, radius: number, sigma: number): number {
  const tap = (i: number) => Math.exp(-(i * i) / (2 * sigma * sigma));
  let sum = 1;
  for (let i = 1; i <= radius; i++) sum += 2 * tap(i);
  let count = 0;
  while (count <= radius && (count < 2 || tap(count) >= LEAST_TAP)) floats[at + count] = tap(count++) / sum;
  return count;
}
