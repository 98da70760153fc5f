import type { Box } from '../ops/crop-box.ts';
import type { Jitter } from '../ops/jitter.ts';
import { bicubicTaps, type Coordinates, makeTaps, type Taps } from '../ops/resize.ts';
import type { Precision } from './assembler.ts';
import { Machine } from './machine.ts';
import { tapBytes, wideBytes } from './resize-kernels.ts';

const FLOAT = 4;
/** Taps of the blur below this share of the middle one are left out: their products are under single precision. */
const LEAST_TAP = 2 ** -26;

/**
 * The reference's operations on one float image [height, width, 3] in the memory of the vector kernels. In double precision
 * results have the bits of ops/, except the blur's; in single, which is twice as fast and what the reference computes in,
 * an operation changes values by up to 2e-6. The blur is always in single.
 */
export class RgbEngine {
  readonly #machine: Machine;
  readonly #precision: Precision;
  readonly #height: number;
  readonly #width: number;
  readonly #image: number;
  readonly #horizontal: Taps;
  readonly #vertical: Taps;
  readonly #taps: number;
  readonly #rows: number;
  readonly #rowStride: number;
  readonly #sums: number;
  readonly #tapBytes: number;
  #wide = { at: 0, pixels: 0 };
  #source = { at: 0, bytes: 0 };
  #clipped = false;
  #view: Float32Array;

  constructor(height: number, width: number, precision: Precision) {
    this.#machine = new Machine(precision);
    this.#precision = precision;
    this.#tapBytes = tapBytes(precision);
    this.#height = height;
    this.#width = width;
    this.#horizontal = makeTaps(width);
    this.#vertical = makeTaps(height);
    this.#image = this.#machine.allocate(3 * height * width * FLOAT);
    this.#taps = this.#machine.allocate(width * this.#tapBytes);
    this.#rowStride = 3 * width * FLOAT + 64;
    this.#rows = this.#machine.allocate(4 * this.#rowStride);
    this.#sums = this.#machine.allocate(32);
    this.#view = this.image;
  }

  /** The image. Taking source pixels in may move it: ask anew after `resize`. */
  get image(): Float32Array {
    if (this.#view?.buffer !== this.#machine.floats.buffer) {
      const from = this.#image / FLOAT;
      this.#view = this.#machine.floats.subarray(from, from + 3 * this.#height * this.#width);
    }
    return this.#view;
  }

  /** The image, to be written anew by other means than `resize`. */
  begin(): Float32Array {
    this.#clipped = false;
    return this.image;
  }

  get #end(): number {
    return this.#image + 3 * this.#height * this.#width * FLOAT;
  }

  /** `makeResizer` of ops/resize.ts with the scale 1 / 255, into the image. */
  resize(pixels: Uint8Array, offset: number, sourceWidth: number, box: Box, flip: boolean, kind: Coordinates): void {
    const line = 3 * sourceWidth;
    this.#clipped = false;
    this.#take(pixels, offset + box.y * line, box.height * line, box.width);
    bicubicTaps(this.#horizontal, this.#width, 0, box.width, kind, flip);
    bicubicTaps(this.#vertical, this.#height, 0, box.height, kind);
    this.#writeTaps();
    const { run } = this.#machine;
    const { index, weight } = this.#vertical;
    const size = 3 * this.#width * FLOAT;
    const wide = this.#wide.at;
    const row = (y: number) => this.#rows + (y & 3) * this.#rowStride;
    let made = 0;
    for (let y = 0; y < this.#height; y++) {
      const [i0, i1, i2, i3] = [4 * y, 4 * y + 1, 4 * y + 2, 4 * y + 3];
      // Four rows are kept: an output needs no more, and rows that none needs are not made.
      for (made = Math.max(made, index[i0]!); made <= index[i3]!; made++) {
        const from = this.#source.at + made * line + 3 * box.x;
        run.widen(from, from + 3 * box.width, wide);
        run.horizontal(this.#taps, this.#taps + this.#width * this.#tapBytes, wide, 1 / 255, row(made));
      }
      const out = this.#image + y * size;
      run.vertical(
        row(index[i0]!),
        row(index[i1]!),
        row(index[i2]!),
        row(index[i3]!),
        weight[i0]!,
        weight[i1]!,
        weight[i2]!,
        weight[i3]!,
        out,
        out + size,
      );
    }
  }

  /** Copies source rows into the memory. */
  #take(pixels: Uint8Array, from: number, bytes: number, boxWidth: number): void {
    if (this.#source.bytes < bytes) this.#source = { at: this.#machine.allocate(2 * bytes), bytes: 2 * bytes };
    if (this.#wide.pixels < boxWidth)
      this.#wide = { at: this.#machine.allocate(2 * boxWidth * wideBytes(this.#precision)), pixels: 2 * boxWidth };
    this.#machine.bytes.set(pixels.subarray(from, from + bytes), this.#source.at);
  }

  #writeTaps(): void {
    const { doubles, floats, integers } = this.#machine;
    const { index, weight } = this.#horizontal;
    const single = this.#precision === 'single';
    const pixel = wideBytes(this.#precision);
    for (let x = 0; x < this.#width; x++) {
      const at = this.#taps + x * this.#tapBytes;
      const places = at / FLOAT + (single ? 4 : 8);
      for (let i = 0; i < 4; i++) {
        if (single) floats[at / FLOAT + i] = weight[4 * x + i]!;
        else doubles[at / 8 + i] = weight[4 * x + i]!;
        integers[places + i] = index[4 * x + i]! * pixel;
      }
    }
  }

  /** Clips to [0, 1], unless an operation since the resize has: all keep to it. */
  clip(): void {
    if (!this.#clipped) this.#machine.run.clip(this.#image, this.#end);
    this.#clipped = true;
  }

  /** `greyscale`, clipped. */
  grey(): void {
    this.#machine.run.grey(this.#image, this.#end, 0);
    this.#clipped = true;
  }

  /** `applyJitter`, of the reference's kinds. */
  jitter({ order, brightnessFactor, brightnessDelta, contrast, saturation, hue }: Jitter): void {
    const { run } = this.#machine;
    const [from, end] = [this.#image, this.#end];
    for (let i = 0; i < 4; i++) {
      const op = order[i]!;
      if (op === 0) run.linear(from, end, brightnessFactor, brightnessDelta, brightnessDelta, brightnessDelta);
      else if (op === 1) this.#contrast(contrast);
      else if (op === 2) run.saturation(from, end, saturation);
      else run.hue(from, end, 6 * hue);
    }
    this.#clipped = true;
  }

  #contrast(factor: number): void {
    const { run, doubles, floats } = this.#machine;
    floats.fill(0, this.#end / FLOAT, this.#end / FLOAT + 9);
    run.sums(this.#image, this.#end, this.#sums);
    const pixels = this.#height * this.#width;
    const at = this.#sums / 8;
    const shift = (c: number) => (1 - factor) * (doubles[at + c]! / pixels);
    run.linear(this.#image, this.#end, factor, shift(0), shift(1), shift(2));
  }

  /** A Gaussian blur of up to so many taps on each side: `gaussianBlur`. Clip the image before. */
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

/** The kernel from its centre outwards. @returns how many taps count, two at least */
function writeGaussian(floats: Float32Array, at: number, radius: number, sigma: number): number {
  const tap = (i: number) => Math.exp(-(i * i) / (2 * sigma * sigma));
  let sum = 1;
  for (let i = 1; i <= radius; i++) sum += 2 * tap(i);
  let count = 0;
  while (count <= radius && (count < 2 || tap(count) >= LEAST_TAP)) floats[at + count] = tap(count++) / sum;
  return count;
}
