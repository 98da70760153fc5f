import { type Encoded, type Pixels, readImage } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import sharp from 'sharp';

/** A PNG file as a data URI, so that the page needs nothing beside itself. */
export function pngUri(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

/** Side of what is shown of a file, px. */
const THUMBNAIL = 96;

/** Image `row` of a split as a data URI: raw pixels at their own size, which the page scales up without smoothing; the centre of a file. */
export async function imageUri(images: Split, row: number): Promise<string> {
  if (!images.shape) {
    const upright = sharp(readImage(images, row)).autoOrient();
    const jpeg = await upright.resize(THUMBNAIL, THUMBNAIL).toColourspace('srgb').jpeg().toBuffer();
    return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
  }
  const [height, width, channels] = images.shape;
  const size = height * width * channels;
  const raw = Buffer.from(images.data.subarray(row * size, (row + 1) * size));
  const png = await sharp(raw, { raw: { width, height, channels: channels as 1 | 3 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
  return pngUri(png);
}

export type Split = Pixels | Encoded;

/** A query image of the test split and its nearest training images in feature space. */
export interface NeighbourRow {
  query: { image: string; label: string };
  /** Nearest first; `same`: of the query's class. */
  neighbours: { image: string; label: string; same: boolean }[];
}

const inside = (rows: number[], { labels }: Split): boolean => rows.every((row) => row >= 0 && row < labels.length);

/**
 * Looks up the images of the nearest neighbours.
 *
 * @param queries rows of `test`
 * @param neighbours for each query rows of `train`, nearest first
 * @throws UserError for a row that the dataset does not have (it was ingested again, linear-eval was not run again)
 */
export async function neighbourRows(
  train: Split,
  test: Split,
  queries: number[],
  neighbours: number[][],
): Promise<NeighbourRow[]> {
  const used = neighbours.slice(0, queries.length);
  if (used.length < queries.length || !inside(queries, test) || !inside(used.flat(), train))
    throw new UserError(
      'foreign neighbours: neighbours.json is of another dataset. run npm run pipeline -- run <pipeline> --force linear-eval',
    );
  const name = (split: Split, row: number) => split.classes[split.labels[row]!]!;
  return Promise.all(
    queries.map(async (query, i) => ({
      query: { image: await imageUri(test, query), label: name(test, query) },
      neighbours: await Promise.all(
        used[i]!.map(async (row) => ({
          image: await imageUri(train, row),
          label: name(train, row),
          same: train.labels[row] === test.labels[query],
        })),
      ),
    })),
  );
}
