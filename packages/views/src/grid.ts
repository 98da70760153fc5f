import type { ImageShape } from '@simclr/shards';
import sharp from 'sharp';

export interface GridOptions {
  /** Groups side by side. */
  columns: number;
  /** Each pixel becomes a square of so many. */
  zoom: number;
}

/** Dark grey around groups, light between the images of one. */
const BACKGROUND = 247;

/**
 * Groups of images as one PNG: an original and its two views, say. Images are enlarged without smoothing.
 *
 * @param groups each a list of float images [h, w, c] in [0, 1]
 */
export async function imageGrid(
  groups: Float32Array[][],
  [height, width, channels]: ImageShape,
  { columns, zoom }: GridOptions,
): Promise<Buffer> {
  const gap = 3;
  const between = 4 * gap;
  const members = Math.max(...groups.map((group) => group.length));
  const groupWidth = members * (width * zoom + gap) - gap;
  const rowHeight = height * zoom;
  const rows = Math.ceil(groups.length / columns);
  const used = Math.min(columns, groups.length);
  const fullWidth = used * (groupWidth + between) + between;
  const fullHeight = rows * (rowHeight + between) + between;
  const canvas = Buffer.alloc(fullWidth * fullHeight * 3, BACKGROUND);

  groups.forEach((group, g) => {
    const top = between + Math.floor(g / columns) * (rowHeight + between);
    group.forEach((image, m) => {
      const left = between + (g % columns) * (groupWidth + between) + m * (width * zoom + gap);
      for (let y = 0; y < height * zoom; y++) {
        const line = Math.floor(y / zoom) * width;
        for (let x = 0; x < width * zoom; x++) {
          const from = (line + Math.floor(x / zoom)) * channels;
          const to = ((top + y) * fullWidth + left + x) * 3;
          for (let c = 0; c < 3; c++) canvas[to + c] = Math.round(255 * image[from + (channels === 3 ? c : 0)]!);
        }
      }
    });
  });
  return sharp(canvas, { raw: { width: fullWidth, height: fullHeight, channels: 3 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
}
