import type { Box } from '../ops/crop-box.ts';
import { makeTaps, type PlainResize, plainTaps } from '../ops/resize.ts';
import type { KernelPrecision } from './assembler.ts';
import { tapBytes, wideBytes } from './resize-kernels.ts';
import type { VectorMachine } from './vector-machine.ts';

/** Cuts out a box of a uint8 image [h, sourceWidth, 3] at `offset` and resizes it into the float image of an engine. */
export type RgbResizer = (pixels: Uint8Array, offset: number, sourceWidth: number, box: Box, flip: boolean) => void;

/**
 * `makeResizer` of ops/resize.ts with the scale 1 / 255.
 * @param image address of [height, width, 3]
 */
export function makeRgbResizer(
  machine: VectorMachine,
  image: number,
  [height, width]: readonly [number, number],
  precision: KernelPrecision,
  kind: PlainResize,
): RgbResizer {
  const [horizontal, vertical] = [makeTaps(width), makeTaps(height)];
  const [tapSize, pixel] = [tapBytes(precision), wideBytes(precision)];
  const weights = tapSize - 16;
  const size = 12 * width;
  const rowStride = size + 64;
  const taps = machine.allocate(width * tapSize);
  const rows = machine.allocate(4 * rowStride);
  const [source, wide] = [machine.room(), machine.room()];
  const row = (y: number) => rows + (y & 3) * rowStride;
  const single = precision === 'single';

  function writeTaps(): void {
    const { doubles, floats, integers } = machine;
    const { index, weight } = horizontal;
    for (let i = 0; i < 4 * width; i++) {
      const [at, k] = [taps + (i >> 2) * tapSize, i & 3];
      if (single) floats[at / 4 + k] = weight[i]!;
      else doubles[at / 8 + k] = weight[i]!;
      integers[(at + weights) / 4 + k] = index[i]! * pixel;
    }
  }

  return (pixels, offset, sourceWidth, box, flip) => {
    const line = 3 * sourceWidth;
    const from = source.take(pixels, offset + box.y * line, box.height * line) + 3 * box.x;
    const widened = wide.reserve(box.width * pixel);
    plainTaps(horizontal, width, 0, box.width, kind, flip);
    plainTaps(vertical, height, 0, box.height, kind);
    writeTaps();
    const { run } = machine;
    const { index, weight } = vertical;
    let made = 0;
    for (let y = 0; y < height; y++) {
      const i = 4 * y;
      // Four rows are kept: an output needs no more, and rows that none needs are not made.
      for (made = Math.max(made, index[i]!); made <= index[i + 3]!; made++) {
        run.widen(from + made * line, from + made * line + 3 * box.width, widened);
        run.horizontal(taps, taps + width * tapSize, widened, 1 / 255, row(made));
      }
      const [r0, r1, r2, r3] = [row(index[i]!), row(index[i + 1]!), row(index[i + 2]!), row(index[i + 3]!)];
      const out = image + y * size;
      run.vertical(r0, r1, r2, r3, weight[i]!, weight[i + 1]!, weight[i + 2]!, weight[i + 3]!, out, out + size);
    }
  };
}
