import { permutation } from '@simclr/stage';
import { type EncodedImages, imageGrid, pairShape, parsePair, type RawImages, startViewWorkers } from '@simclr/views';

const PREVIEW_STREAM = 0x70726576;

/** Some images as a PNG, each with its two views of an epoch. Of images that differ in size the centre is shown. */
export async function preview(
  images: RawImages | EncodedImages,
  policy: string,
  count: number,
  seed: number,
  epoch = 0,
): Promise<Buffer> {
  const shape = pairShape(parsePair(policy), images);
  const size = shape[0] * shape[1] * shape[2];
  const rows = permutation(images.rows, seed, PREVIEW_STREAM).slice(0, count);
  const viewsOf = async (made: string, views: 1 | 2) => {
    const out = new Float32Array(views * rows.length * size);
    const { make } = startViewWorkers({ images, policy: made, seed, batch: rows.length, views, ring: [out] }, 0);
    await make({ slot: 0, from: 0, to: rows.length, images: rows, epochs: new Uint32Array(rows.length).fill(epoch) });
    return (i: number) => out.subarray(i * size, (i + 1) * size);
  };
  const own = String(images.shape) === String(shape);
  const original = await viewsOf(own ? 'centercrop(1)' : `centercrop(1,to=${shape[0]})`, 1);
  const view = await viewsOf(policy, 2);
  const groups = Array.from(rows, (_, i) => [original(i), view(i), view(rows.length + i)]);
  return imageGrid(groups, shape, { columns: 4, zoom: Math.max(1, Math.round(64 / shape[1])) });
}

/** Most images on which the speed is measured. */
const MEASURED = { images: 2000, seconds: 4, batch: 50 };

/** Views that a second of processor time makes, decoding included. */
export async function viewsPerSecond(images: RawImages | EncodedImages, policy: string, seed: number): Promise<number> {
  const { batch } = MEASURED;
  const shape = pairShape(parsePair(policy), images);
  const ring = [new Float32Array(2 * batch * shape[0] * shape[1] * shape[2])];
  const { make } = startViewWorkers({ images, policy, seed, batch, views: 2, ring }, 0);
  const started = process.cpuUsage();
  const seconds = () => {
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1e6;
  };
  let done = 0;
  while (done < MEASURED.images && seconds() < MEASURED.seconds) {
    const rows = Uint32Array.from({ length: batch }, (_, i) => (done + i) % images.rows);
    await make({ slot: 0, from: 0, to: batch, images: rows, epochs: new Uint32Array(batch) });
    done += batch;
  }
  return (2 * done) / seconds();
}
