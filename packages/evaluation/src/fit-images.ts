import type { ResizeName } from '@simclr/artifacts';
import type { Pixels } from '@simclr/shards';
import { feedBuffer } from '@simclr/tensorflow/feed-buffer';
import { type EvaluationImages, evaluationImages, LUMINANCE, resizeImage } from '@simclr/views';

type Shape = readonly [height: number, width: number, channels: number];

/** Grey becomes three equal channels, colour its luminance. @param image [pixels, from] */
function convertChannels(image: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return image;
  const pixels = image.length / from;
  const out = new Float32Array(pixels * to);
  for (let i = 0; i < pixels; i++) {
    if (to === 1)
      out[i] = LUMINANCE[0] * image[3 * i]! + LUMINANCE[1] * image[3 * i + 1]! + LUMINANCE[2] * image[3 * i + 2]!;
    else out.fill(image[i]!, to * i, to * (i + 1));
  }
  return out;
}

/** Images at a time. */
const BATCH = 256;

async function* fitted({ data, shape: [h, w, c] }: Pixels, shape: Shape, resize: ResizeName, rows: Uint32Array) {
  const [height, width, channels] = shape;
  const [from, to] = [h * w * c, height * width * channels];
  const batch = feedBuffer(Math.min(BATCH, rows.length) * to);
  for (let first = 0; first < rows.length; first += BATCH) {
    const chosen = rows.subarray(first, first + BATCH);
    chosen.forEach((row, at) => {
      const image = Float32Array.from(data.subarray(row * from, (row + 1) * from));
      const resized = h === height && w === width ? image : resizeImage(image, [h, w, c], [height, width], resize);
      const values = convertChannels(resized, c, channels);
      for (let i = 0; i < to; i++) batch[at * to + i] = Math.min(255, Math.max(0, Math.round(values[i]!))) / 255;
    });
    yield batch.subarray(0, chosen.length * to);
  }
}

/** Images in the shape that an encoder takes: resized as the encoder wants it, channels converted, rounded to whole 255ths; batch by batch. */
export function fitImages(images: Pixels, shape: Shape, resize: ResizeName): EvaluationImages {
  const { rows, labels, classes } = images;
  if (String(images.shape) === String(shape)) return evaluationImages(images, '', 0);
  const all = () => Uint32Array.from({ length: rows }, (_, row) => row);
  return { shape, rows, labels, classes, batches: (chosen = all()) => fitted(images, shape, resize, chosen) };
}
