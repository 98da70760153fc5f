import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeViewPolicy } from '@simclr/artifacts';
import { writePixelSplit } from '@simclr/shards';
import { addressed } from '@simclr/stage';

export const SHAPE = [8, 8, 1] as const;

/** Inputs of the stage: images of three classes, stripes across, stripes down, a bright corner, with noise. */
export async function makeInputs(dir: string): Promise<void> {
  const random = addressed(1);
  const rows = Array.from({ length: 120 }, (_, i) => {
    const label = i % 3;
    const pixels = Uint8Array.from({ length: 64 }, (_, at) => {
      const [y, x] = [Math.floor(at / 8), at % 8];
      const bright = label === 0 ? y % 4 < 2 : label === 1 ? x % 4 < 2 : x + y < 6;
      return (bright ? 180 : 40) + Math.floor(40 * random.next());
    });
    return { pixels, label };
  });
  const features = { classes: ['across', 'down', 'corner'], shape: SHAPE };
  await writePixelSplit(join(dir, 'ingest/stripes/train'), features, rows, { dataset: 'stripes', split: 'train' });
  mkdirSync(join(dir, 'augment'));
  writeViewPolicy(join(dir, 'augment'), { policy: 'crop(area=0.5..1)|jitter(0.5)', dataset: 'stripes', shape: SHAPE });
}
