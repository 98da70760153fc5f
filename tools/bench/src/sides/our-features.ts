// Our side of features: images decoded, brought to what the encoder takes, and put through it. Argument: OurFeatures as JSON. Prints Measured.
import { extractFeatures, openEncoder } from '@simclr/encoders';
import { loadSplit } from '@simclr/shards';
import { availableCores, choosePrecision } from '@simclr/tensorflow';
import { evaluationImages, evaluationPolicy } from '@simclr/views';
import { peakMB } from './peak-memory.ts';

export interface OurFeatures {
  /** Of the encoder. */
  folder: string;
  /** Folder of the split with the images. */
  split: string;
  /** Absent: as the encoder has it. */
  precision?: 'fp32' | 'auto';
  /** Images of a pass, evenly spaced over the split. */
  images: number;
  /** Of the pass before it. */
  warmUp: number;
  batch: number;
}

const given = JSON.parse(process.argv[2]!) as OurFeatures;
const precision = given.precision && choosePrecision(given.precision).precision;
const encoder = await openEncoder(given.folder, { precision, batch: given.batch });
const split = loadSplit(given.split);
const { preprocessing } = encoder;
const images = evaluationImages(split, evaluationPolicy(preprocessing, preprocessing.crop), availableCores());
const pass = async (count: number) => {
  const stride = Math.floor(images.rows / count);
  const rows = Uint32Array.from({ length: count }, (_, i) => i * stride);
  const started = performance.now();
  await extractFeatures(encoder, images.batches(rows), count);
  return (performance.now() - started) / 1000 / count;
};
await pass(given.warmUp);
const seconds = [await pass(given.images)];
console.log(JSON.stringify({ seconds, rssMB: peakMB(), precision }));
encoder.dispose();
process.exit(0);
