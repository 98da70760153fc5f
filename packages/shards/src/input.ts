import { join } from 'node:path';
import type { StageLog } from '@simclr/stage';
import { loadPixels, type Pixels } from './reader.ts';

/** Reads a split of raw images from what the stage ingest published, and logs it as a dataset that the run uses. */
export function loadInput(ingest: string, dataset: string, split: 'train' | 'test', log: StageLog): Pixels {
  const source = join(ingest, dataset, split);
  const pixels = loadPixels(source);
  const { digest, rows } = pixels;
  const context = split === 'train' ? 'training' : 'evaluation';
  log.dataset({ name: `${dataset}/${split}`, digest, context, source, rows });
  return pixels;
}
