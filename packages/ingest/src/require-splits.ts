import { UserError } from '@simclr/stage';
import type { FolderDataset } from './config.ts';

/** How many images there are, by split. */
export interface SplitCounts {
  classes: readonly string[];
  train: number;
  test: number;
}

/**
 * Checks that one's own images can be trained on and evaluated, and are as many as the config says.
 *
 * @param path of the folder or archive, for messages
 * @throws UserError
 */
export function requireSplits(
  path: string,
  { name, images }: FolderDataset,
  { classes, ...counts }: SplitCounts,
): void {
  if (classes.length < 2)
    throw new UserError(
      `one class: ${path} has images of ${classes[0]} alone. at least two are needed, each a folder of images`,
    );
  if (counts.test === 0)
    throw new UserError(
      `no test split: every class of ${path} has one image, which is for training. add images, or a folder test`,
    );
  for (const split of ['train', 'test'] as const) {
    if (!images || counts[split] === images[split]) continue;
    throw new UserError(
      `wrong number of images: ${name}/${split} has ${counts[split]}. expected ${images[split]} (ingest.datasets[].images)`,
    );
  }
}
