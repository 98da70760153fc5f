import type { SkippedImage } from '@simclr/artifacts';
import { checkImage, squarePixels } from '@simclr/images';
import { UserError } from '@simclr/stage';
import type { DatasetRow } from './dataset.ts';
import { readAhead } from './read-ahead.ts';

export interface CheckRowsOptions {
  /** Of the dataset, for messages. */
  name: string;
  /** Side to which images are brought, px; null: the files as they are. */
  size: number | null;
  /** Images that there should be. */
  total: number;
  /** Share of them that may be left out because they cannot be decoded, 0..1. */
  maxSkipped: number;
  /** Images decoded at a time. */
  concurrency: number;
  /** Those that were left out are added to it. */
  skipped: SkippedImage[];
}

/**
 * Decodes the image files among the rows, all of each: what passes is whole. Pixels pass as they are.
 * @throws UserError that names the first image beyond those that may be left out, and the reason
 */
export async function* checkRows(
  rows: Iterable<DatasetRow> | AsyncIterable<DatasetRow>,
  { name, size, total, maxSkipped, concurrency, skipped }: CheckRowsOptions,
): AsyncGenerator<DatasetRow> {
  const check = async (row: DatasetRow): Promise<{ row: DatasetRow; reason?: string }> => {
    if ('pixels' in row) return { row };
    try {
      await checkImage(row.bytes);
      if (size === null) return { row };
      const { split, label } = row;
      return { row: { split, label, pixels: await squarePixels(row.bytes, size) } };
    } catch (error) {
      return { row, reason: (error as Error).message };
    }
  };
  for await (const { row, reason } of readAhead(rows, check, concurrency)) {
    if (reason === undefined) {
      yield row;
      continue;
    }
    const path = 'path' in row ? row.path : '';
    skipped.push({ path, reason });
    if (skipped.length <= maxSkipped * total) continue;
    const allow =
      maxSkipped > 0
        ? `the first beyond ingest.datasets[].maxSkipped = ${maxSkipped}`
        : 'ingest.datasets[].maxSkipped (a share, 0 by default) lets some out';
    throw new UserError(`undecodable image: ${name}: ${path}. ${reason}. ${allow}`);
  }
}
