import { GREY, resizeBicubic } from '@simclr/augment';
import type { Pixels } from '@simclr/shards';

type Shape = readonly [height: number, width: number, channels: number];

/** Grey becomes three equal channels, colour its luminance. @param image [pixels, from] */
function convertChannels(image: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return image;
  const pixels = image.length / from;
  const out = new Float32Array(pixels * to);
  for (let i = 0; i < pixels; i++) {
    if (to === 1) out[i] = GREY[0] * image[3 * i]! + GREY[1] * image[3 * i + 1]! + GREY[2] * image[3 * i + 2]!;
    else out.fill(image[i]!, to * i, to * (i + 1));
  }
  return out;
}

/** Images in the shape that an encoder takes: resized bicubically, channels converted, rounded to uint8. */
export function fitImages(images: Pixels, shape: Shape): Pixels {
  if (String(images.shape) === String(shape)) return images;
  const [height, width, channels] = shape;
  const [h, w, c] = images.shape;
  const [from, to] = [h * w * c, height * width * channels];
  const data = new Uint8Array(images.rows * to);
  for (let row = 0; row < images.rows; row++) {
    const image = Float32Array.from(images.data.subarray(row * from, (row + 1) * from));
    const resized = h === height && w === width ? image : resizeBicubic(image, [h, w, c], [height, width]);
    const fitted = convertChannels(resized, c, channels);
    for (let i = 0; i < to; i++) data[row * to + i] = Math.min(255, Math.max(0, Math.round(fitted[i]!)));
  }
  return { ...images, data, shape };
}
