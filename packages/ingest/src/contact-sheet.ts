import { xmlText } from '@simclr/figures/text';
import { squarePixels } from '@simclr/images';
import type { ImageShape } from '@simclr/shards';
import sharp from 'sharp';
import type { DatasetRow } from './dataset.ts';

/** Images on a sheet, of a class at most, and px of each. */
const MOST = 400;
const OF_A_CLASS = 8;
const CELL = 48;
/** px of a class's name. */
const NAME = 120;
const GAP = 4;

/** A few images of each class, taken as the rows pass; of many classes one of each of the first. */
export class ContactSheet {
  readonly #classes: readonly string[];
  readonly #shape: ImageShape | null;
  readonly #images: DatasetRow[][];

  constructor(classes: readonly string[], shape: ImageShape | null) {
    this.#classes = classes.slice(0, MOST);
    this.#shape = shape;
    this.#images = this.#classes.map(() => []);
  }

  /** Keeps an image for training, where its class has too few yet. */
  add(row: DatasetRow): void {
    const label = typeof row.label === 'number' ? row.label : row.label.indexOf(1);
    if (row.split !== 'train' || label < 0 || label >= this.#classes.length) return;
    const images = this.#images[label]!;
    if (images.length < Math.max(1, Math.min(OF_A_CLASS, Math.floor(MOST / this.#classes.length)))) images.push(row);
  }

  /** A line for each class, its name before its images, in columns. @returns a PNG */
  async png(): Promise<Buffer> {
    const across = Math.max(1, ...this.#images.map((images) => images.length));
    const wide = NAME + across * (CELL + GAP) + GAP;
    const high = CELL + GAP;
    const count = this.#classes.length;
    const columns = Math.max(1, Math.round(Math.sqrt((count * high) / wide)));
    const lines = Math.ceil(count / columns);
    const placeOf = (label: number) => ({ left: Math.floor(label / lines) * wide, top: (label % lines) * high + GAP });
    const [width, height] = [columns * wide, lines * high + GAP];
    const names = this.#classes.map((name, label) => {
      const { left, top } = placeOf(label);
      return `<text x="${left + GAP}" y="${top + CELL / 2 + 4}">${xmlText(shorten(name))}</text>`;
    });
    const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><g font-family="sans-serif" font-size="12">${names.join('')}</g></svg>`;
    const cells = this.#images.flatMap((images, label) =>
      images.map(async (row, i) => {
        const { left, top } = placeOf(label);
        return { input: await cell(row, this.#shape), left: left + NAME + i * (CELL + GAP), top };
      }),
    );
    const blank = sharp({ create: { width, height, channels: 3, background: 'white' } });
    return blank
      .composite([{ input: Buffer.from(text), left: 0, top: 0 }, ...(await Promise.all(cells))])
      .png()
      .toBuffer();
  }
}

async function cell(row: DatasetRow, shape: ImageShape | null): Promise<Buffer> {
  const [height, width, channels] = shape ?? [CELL, CELL, 3];
  const pixels = 'pixels' in row ? row.pixels : await squarePixels(row.bytes, CELL);
  const image = sharp(pixels, { raw: { height, width, channels: channels as 1 | 3 } });
  return image
    .resize(CELL, CELL, { fit: 'cover', kernel: height < CELL ? 'nearest' : 'cubic' })
    .png()
    .toBuffer();
}

const shorten = (name: string) => (name.length > 18 ? `${name.slice(0, 17)}…` : name);
