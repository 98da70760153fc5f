import { readSync } from 'node:fs';
import { UserError } from '@simclr/stage';
import type { Encoded } from './encoded.ts';

/**
 * Reads an image's file. The thread waits for it: handing that to another one costs more than a read from the page cache,
 * a tenth of what two views of a photograph take.
 *
 * @param room gives the array of so many bytes that it is read into, by default a new one
 */
export function readImage(
  { files, places }: Pick<Encoded, 'files' | 'places'>,
  row: number,
  room = (bytes: number) => new Uint8Array(bytes),
): Uint8Array {
  const [shard, start, end] = [places[3 * row]!, places[3 * row + 1]!, places[3 * row + 2]!];
  const bytes = room(end - start);
  const read = readSync(files[shard]!, bytes, 0, bytes.length, start);
  if (read < bytes.length)
    throw new UserError(
      `truncated shard: row ${row} has ${read} of ${bytes.length} bytes. run npm run pipeline -- run <pipeline> --force ingest`,
    );
  return bytes;
}
