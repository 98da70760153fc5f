import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StageLog } from '@simclr/stage';
import { type Encoded, loadEncoded } from './encoded.ts';
import { loadPixels, type Pixels, readSplitInfo } from './reader.ts';

/** Reads a split, raw images or encoded ones: their `shape` tells which. */
export const loadSplit = (folder: string): Pixels | Encoded =>
  readSplitInfo(folder).shape ? loadPixels(folder) : loadEncoded(folder);

/** Names of the datasets in a folder that the stage ingest published, in alphabetical order. */
export function datasetsIn(ingest: string): string[] {
  return readdirSync(ingest)
    .filter((name) => existsSync(join(ingest, name, 'train/index.json')))
    .sort();
}

/** Reads a split of what the stage ingest published, and logs it as a dataset that the run uses. */
export function loadInput(ingest: string, dataset: string, split: 'train' | 'test', log: StageLog): Pixels | Encoded {
  const source = join(ingest, dataset, split);
  const images = loadSplit(source);
  const { digest, rows } = images;
  const context = split === 'train' ? 'training' : 'evaluation';
  log.dataset({ name: `${dataset}/${split}`, digest, context, source, rows });
  return images;
}
