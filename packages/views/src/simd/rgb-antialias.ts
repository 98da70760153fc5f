import { makeWideTaps, type WideResize, wideTaps } from '../ops/antialias.ts';
import { PIXEL } from './antialias-kernels.ts';
import type { RgbResizer } from './rgb-resize.ts';
import type { VectorMachine } from './vector-machine.ts';

/**
 * `makeAntialiasResizer` of ops/antialias.ts with the scale 1 / 255, in single precision.
 * @param image address of [height, width, 3]
 */
export function makeRgbAntialiasResizer(
  machine: VectorMachine,
  image: number,
  [height, width]: readonly [number, number],
  kind: WideResize,
): RgbResizer {
  const [horizontal, vertical] = [makeWideTaps(width), makeWideTaps(height)];
  const [source, wide, tapRoom, rowRoom] = [machine.room(), machine.room(), machine.room(), machine.room()];
  const size = 12 * width;

  function writeTaps(bytes: number): number {
    const taps = tapRoom.reserve(width * bytes);
    const { floats, integers } = machine;
    const { first, count, weight, width: most } = horizontal;
    for (let x = 0; x < width; x++) {
      const at = (taps + x * bytes) / 4;
      integers[at] = first[x]! * PIXEL;
      integers[at + 1] = 4 * count[x]!;
      for (let k = 0; k < count[x]!; k++) floats[at + 2 + k] = weight[x * most + k]! / 255;
    }
    return taps;
  }

  return (pixels, offset, sourceWidth, box, flip) => {
    const [top, left] = [Math.floor(box.y), Math.floor(box.x)];
    const [lines, columns] = [Math.ceil(box.y + box.height) - top, Math.ceil(box.x + box.width) - left];
    const line = 3 * sourceWidth;
    wideTaps(horizontal, box.x - left, box.width, flip, kind);
    wideTaps(vertical, box.y - top, box.height, false, kind);
    const from = source.take(pixels, offset + top * line, lines * line) + 3 * left;
    const widened = wide.reserve(columns * PIXEL);
    const rows = rowRoom.reserve(lines * size);
    const bytes = 8 + 4 * horizontal.width;
    const taps = writeTaps(bytes);
    const { run, floats } = machine;
    for (let y = 0; y < lines; y++) {
      run.widenSingle(from + y * line, from + y * line + 3 * columns, widened);
      run.gather(taps, taps + width * bytes, bytes, widened, rows + y * size);
    }
    for (let y = 0; y < height; y++) {
      const out = image + y * size;
      floats.fill(0, out / 4, (out + size) / 4);
      const { first, count, weight, width: most } = vertical;
      for (let k = 0; k < count[y]!; k++)
        run.accumulate(rows + (first[y]! + k) * size, weight[y * most + k]!, out, out + size);
    }
  };
}
