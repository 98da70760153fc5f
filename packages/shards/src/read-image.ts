import { read } from 'node:fs';
import { promisify } from 'node:util';
import { UserError } from '@simclr/stage';
import type { Encoded } from './encoded.ts';

const readAsync = promisify(read);

/** Reads an image's file, while the caller's thread goes on. */
export async function readImage(
  { files, places }: Pick<Encoded, 'files' | 'places'>,
  row: number,
): Promise<Uint8Array> {
  const [shard, start, end] = places.subarray(3 * row, 3 * row + 3) as unknown as [number, number, number];
  const bytes = new Uint8Array(end - start);
  const { bytesRead } = await readAsync(files[shard]!, bytes, 0, bytes.length, start);
  if (bytesRead < bytes.length)
    throw new UserError(
      `truncated shard: row ${row} has ${bytesRead} of ${bytes.length} bytes. run the stage ingest again`,
    );
  return bytes;
}
