import { type Random, randomInt } from '@simclr/stage';

/** A rectangle in pixels; filled in place, so that the hot loop allocates nothing. */
export interface Box {
  y: number;
  x: number;
  height: number;
  width: number;
}

export interface CropRange {
  area: readonly [number, number];
  ratio: readonly [number, number];
}

function place(box: Box, y: number, x: number, height: number, width: number): void {
  box.y = y;
  box.x = x;
  box.height = height;
  box.width = width;
}

/** C's lrint: to the nearest integer, halves to even. */
export function lrint(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest < 0.5) return down;
  if (rest > 0.5) return down + 1;
  return down % 2 === 0 ? down : down + 1;
}

const MAX_ATTEMPTS = 100;
/** The reference passes the whole image as the object, of which a crop must cover so much. */
const MIN_OBJECT_COVERED = 0.1;

/**
 * The reference's crop: TensorFlow's sample_distorted_bounding_box with the whole image as the box
 * (tensorflow/core/kernels/image/sample_distorted_bounding_box_op.cc). Aspect uniform, then height uniform between the
 * bounds that the area gives; the last offset is never drawn; the whole image after 100 refusals. Draws four numbers an
 * attempt (aspect, height, y, x), the last two only if there is room.
 */
export function referenceCrop(
  random: Random,
  imageHeight: number,
  imageWidth: number,
  { area, ratio }: CropRange,
  box: Box,
): void {
  const total = imageHeight * imageWidth;
  const [minArea, maxArea] = [area[0] * total, area[1] * total];
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const aspect = random.next() * (ratio[1] - ratio[0]) + ratio[0];
    let height = lrint(Math.sqrt(minArea / aspect));
    let maxHeight = lrint(Math.sqrt(maxArea / aspect));
    if (lrint(maxHeight * aspect) > imageWidth) {
      maxHeight = Math.trunc((imageWidth + 0.5 - 1e-7) / aspect);
      if (lrint(maxHeight * aspect) > imageWidth) maxHeight--;
    }
    maxHeight = Math.min(maxHeight, imageHeight);
    height = Math.min(height, maxHeight);
    height += randomInt(random, maxHeight - height + 1);
    let width = lrint(height * aspect);
    if (width * height < minArea) width = lrint(++height * aspect);
    if (width * height > maxArea) width = lrint(--height * aspect);
    if (width * height < minArea || width * height > maxArea) continue;
    if (height > imageHeight || width > imageWidth || height <= 0 || width <= 0) continue;
    const y = height < imageHeight ? randomInt(random, imageHeight - height) : 0;
    const x = width < imageWidth ? randomInt(random, imageWidth - width) : 0;
    if (width * height < MIN_OBJECT_COVERED * total) continue;
    place(box, y, x, height, width);
    return;
  }
  place(box, 0, 0, imageHeight, imageWidth);
}

/**
 * torchvision's RandomResizedCrop: area uniform, aspect log-uniform, offsets uniform and inclusive, ten attempts, then
 * the largest central crop of an allowed aspect. Draws two numbers an attempt, two more for the offsets.
 */
export function torchvisionCrop(
  random: Random,
  imageHeight: number,
  imageWidth: number,
  { area, ratio }: CropRange,
  box: Box,
): void {
  const [logLow, logHigh] = [Math.log(ratio[0]), Math.log(ratio[1])];
  for (let attempt = 0; attempt < 10; attempt++) {
    const target = imageHeight * imageWidth * (area[0] + random.next() * (area[1] - area[0]));
    const aspect = Math.exp(logLow + random.next() * (logHigh - logLow));
    const width = lrint(Math.sqrt(target * aspect));
    const height = lrint(Math.sqrt(target / aspect));
    if (width <= 0 || height <= 0 || width > imageWidth || height > imageHeight) continue;
    box.y = randomInt(random, imageHeight - height + 1);
    box.x = randomInt(random, imageWidth - width + 1);
    box.height = height;
    box.width = width;
    return;
  }
  const aspect = imageWidth / imageHeight;
  // Of an image a pixel or two wide that crop may round to nothing.
  box.width = aspect > ratio[1] ? Math.max(1, lrint(imageHeight * ratio[1])) : imageWidth;
  box.height = aspect < ratio[0] ? Math.max(1, lrint(imageWidth / ratio[0])) : imageHeight;
  box.y = (imageHeight - box.height) >> 1;
  box.x = (imageWidth - box.width) >> 1;
}
