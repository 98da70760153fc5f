// Files of images read in random order, of our shards or of a folder. Argument: OurReads as JSON. Prints Measured, seconds an image.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEncoded, readImage } from '@simclr/shards';
import { permutation } from '@simclr/stage';
import { peakMB } from './peak-memory.ts';

/** Of a split of shards, or of files that a list names. */
export type OurReads = ({ shards: string } | { files: string }) & { batch: number; batches: number; passes: number };

const given = JSON.parse(process.argv[2]!) as OurReads;
const { batch, batches, passes } = given;

function reader(): { rows: number; read: (row: number) => Uint8Array } {
  if ('shards' in given) {
    const images = loadEncoded(given.shards);
    // As the loader of views reads them: into room that is there.
    const slab = Buffer.allocUnsafeSlow(2 ** 26);
    let at = 0;
    const room = (bytes: number) => {
      if (at + bytes > slab.length) at = 0;
      at += bytes;
      return slab.subarray(at - bytes, at);
    };
    return { rows: images.rows, read: (row) => readImage(images, row, room) };
  }
  const paths = readFileSync(given.files, 'utf8').trim().split('\n');
  const folder = join(given.files, '..');
  return { rows: paths.length, read: (row) => readFileSync(join(folder, paths[row]!)) };
}

const { rows, read } = reader();
const seconds: number[] = [];
let bytes = 0;
// The first pass brings all that is read into the page cache.
for (let pass = 0; pass <= passes; pass++) {
  const order = permutation(rows, 7, 0);
  const started = performance.now();
  for (let step = 0; step < batches; step++) {
    const images = Array.from(order.subarray(step * batch, (step + 1) * batch), read);
    bytes += images.reduce((sum, image) => sum + image.length, 0);
  }
  if (pass > 0) seconds.push((performance.now() - started) / 1000 / (batch * batches));
}
if (bytes === 0) throw new Error('nothing was read');
console.log(JSON.stringify({ seconds, rssMB: peakMB() }));
