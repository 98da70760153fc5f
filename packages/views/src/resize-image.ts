import type { ResizeName } from '@simclr/artifacts';
import { RESIZE_KINDS } from './crop.ts';
import { isWide, resizeAntialias } from './ops/antialias.ts';
import { resizePlain } from './ops/resize.ts';

/**
 * Resizes a whole float image, [h, w, c], as the policy language's word says.
 * @returns [height, width, c], not clipped
 */
export function resizeImage(
  image: Float32Array,
  from: readonly [number, number, number],
  to: readonly [number, number],
  resize: ResizeName,
): Float32Array {
  const kind = RESIZE_KINDS[resize];
  return isWide(kind) ? resizeAntialias(image, from, to, kind) : resizePlain(image, from, to, kind);
}
