import { join } from 'node:path';
import { writeFileAtomic } from '@simclr/stage';

/** An image that was left out, and why. */
export interface SkippedImage {
  path: string;
  reason: string;
}

/** In a dataset's folder, where images were left out of it: a line of JSON for each. */
const SKIPPED_FILE = 'skipped.jsonl';

export const writeSkipped = (folder: string, images: readonly SkippedImage[]): void =>
  writeFileAtomic(join(folder, SKIPPED_FILE), images.map((image) => `${JSON.stringify(image)}\n`).join(''));
