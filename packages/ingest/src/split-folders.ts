import type { SplitName } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import { type Folder, foldersWithImages } from './folder-tree.ts';
import { splitNamed } from './split-names.ts';

/** The folders of a dataset that is split already. */
export interface SplitFolders {
  train: Folder[];
  test: Folder[];
  /** What was made of a folder for validation. */
  note: string | undefined;
}

/**
 * `train` and `test`, in any case. A folder for validation stands in where there is no test; beside one it is joined to
 * training, out of which the evaluation takes its own validation images.
 *
 * @returns undefined where the folders are no splits
 */
export function findSplits(base: Folder, at: string): SplitFolders | undefined {
  const folders = foldersWithImages(base);
  const of = Map.groupBy(folders, ({ name }) => splitNamed(name));
  const named = (split: SplitName): Folder | undefined => {
    const [first, second] = of.get(split) ?? [];
    if (first && second)
      throw new UserError(`two folders for one split: ${at} has ${first.name} and ${second.name}. keep one`);
    return first;
  };
  if (!of.has('train')) {
    if (!of.has(undefined) && folders.length > 1)
      throw new UserError(
        `no train: ${at} has ${folders.map(({ name }) => name).join(' and ')}. add the training images`,
      );
    return undefined;
  }
  if (!of.has('test') && !of.has('validation')) return undefined;
  const [train, validation, test] = [named('train')!, named('validation'), named('test')];
  if (!validation) return { train: [train], test: [test!], note: undefined };
  if (!test) return { train: [train], test: [validation], note: `${validation.name} is taken as the test split` };
  return {
    train: [train, validation],
    test: [test],
    note: `${validation.name} is joined to ${train.name} (${validation.images} images)`,
  };
}
