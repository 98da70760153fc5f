import type { Encoded } from './encoded.ts';
import { pixelsOf } from './features.ts';
import type { Pixels } from './reader.ts';

type Images = Pixels | Encoded;

/** Two splits of a dataset as one, the rows of the second after those of the first; without a digest of its own. */
export function joinSplits(first: Images, second: Images): Images {
  const rows = first.rows + second.rows;
  const labels = Int32Array.from([...first.labels, ...second.labels]);
  const several = first.targets && second.targets && { targets: Int8Array.from([...first.targets, ...second.targets]) };
  if (first.shape && second.shape) {
    const data = new Uint8Array(new SharedArrayBuffer(rows * pixelsOf(first.shape)));
    data.set(first.data);
    data.set(second.data, first.data.length);
    const { shape, classes } = first;
    return { data, shape, labels, ...several, classes, rows, digest: '' };
  }
  if (first.shape || second.shape) throw new Error('splits of one dataset: some of pixels, some of files');
  const files = Int32Array.from([...first.files, ...second.files]);
  const places = new Float64Array(new SharedArrayBuffer(3 * rows * Float64Array.BYTES_PER_ELEMENT));
  places.set(first.places);
  places.set(second.places, first.places.length);
  for (let at = first.places.length; at < places.length; at += 3) places[at]! += first.files.length;
  const { folder, classes } = first;
  return { folder, files, places, shape: null, labels, ...several, classes, rows, digest: '' };
}
