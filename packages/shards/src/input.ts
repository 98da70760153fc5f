import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inputsOf, type StageInputs, type StageLog, UserError } from '@simclr/stage';
import { type Encoded, loadEncoded } from './encoded.ts';
import { loadPixels, type Pixels, readSplitInfo } from './reader.ts';

/** Splits of a dataset. For validation there is one where it is official. */
export type SplitName = 'train' | 'validation' | 'test';

/** Reads a split, raw images or encoded ones: their `shape` tells which. */
export const loadSplit = (folder: string): Pixels | Encoded =>
  readSplitInfo(folder).shape ? loadPixels(folder) : loadEncoded(folder);

/** A dataset that a stage is given. */
export interface InputDataset {
  name: string;
  /** Id of the task that wrote it. */
  task: string;
  /** Folder that the task published: the dataset is in `<ingest>/<name>/{train,test}`. */
  ingest: string;
}

/** All datasets that a stage is given, in the order of its inputs: a task that ingests may have written several. */
export function inputDatasets(inputs: StageInputs): InputDataset[] {
  return inputsOf(inputs, 'dataset').flatMap(({ task, folder }) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => ({ name, task, ingest: folder }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
}

/**
 * Reads a split of what the stage ingest published, and logs it as a dataset that the run uses.
 *
 * @param several whether the caller knows what to do with images of several classes (`targets`)
 * @throws UserError where it does not, and the images are
 */
export function loadInput(
  ingest: string,
  dataset: string,
  split: SplitName,
  log: StageLog,
  { several = false } = {},
): Pixels | Encoded {
  const source = join(ingest, dataset, split);
  if (!several && readSplitInfo(source).severalLabels)
    throw new UserError(
      `several labels: an image of ${dataset} may be of several classes, which this stage does not take. name a dataset of one label an image`,
    );
  const images = loadSplit(source);
  const { digest, rows } = images;
  const context = split === 'test' ? 'evaluation' : 'training';
  log.dataset({ name: `${dataset}/${split}`, digest, context, source, rows });
  return images;
}
