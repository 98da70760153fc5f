import { createHash } from 'node:crypto';
import { UserError } from '@simclr/stage';
import type { Encoded } from './encoded.ts';
import type { Pixels } from './reader.ts';

/** Two splits of a dataset as one, the rows of the second after those of the first. */
export function joinSplits(first: Pixels | Encoded, second: Pixels | Encoded): Pixels | Encoded {
  const { classes } = first;
  const rows = first.rows + second.rows;
  const digest = createHash('sha256').update(`${first.digest} ${second.digest}`).digest('hex').slice(0, 16);
  const labels = new Int32Array(rows);
  labels.set(first.labels);
  labels.set(second.labels, first.rows);
  const targets = first.targets && second.targets ? new Int8Array(rows * classes.length) : undefined;
  targets?.set(first.targets!);
  targets?.set(second.targets!, first.targets!.length);
  const both = { labels, ...(targets && { targets }), classes, rows, digest };
  if (first.shape && second.shape) {
    const data = new Uint8Array(new SharedArrayBuffer(first.data.length + second.data.length));
    data.set(first.data);
    data.set(second.data, first.data.length);
    return { data, shape: first.shape, ...both };
  }
  if (first.shape || second.shape) throw new UserError('splits differ: one of files, one of pixels. run ingest again');
  const files = new Int32Array([...first.files, ...second.files]);
  const places = new Float64Array(new SharedArrayBuffer(3 * rows * Float64Array.BYTES_PER_ELEMENT));
  places.set(first.places);
  places.set(second.places, first.places.length);
  for (let at = first.places.length; at < places.length; at += 3) places[at]! += first.files.length;
  return { folder: first.folder, files, places, shape: null, ...both };
}
