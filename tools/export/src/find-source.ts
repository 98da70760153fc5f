import { existsSync, globSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ENCODER_JSON, ENCODER_WEIGHTS, readEncoderInfo } from '@simclr/artifacts';
import { UserError } from '@simclr/stage';

const DATASET_JSON = 'dataset.json';
const MARKS = [ENCODER_JSON, DATASET_JSON];

/** What a folder is, by its files; an encoder has been looked at then. */
export type SourceKind = 'encoder' | 'dataset';

/**
 * Says what is to be exported, before TensorFlow is loaded for it.
 *
 * @param path absolute
 * @param given the same as the user has written it, for the next command
 * @throws UserError where it is no folder of a dataset or an encoder, or the encoder is none of ours
 */
export function findSource(path: string, given: string): SourceKind {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new UserError(`missing: ${path}. expected the folder of an encoder or of a dataset`);
  if (!stat.isDirectory()) {
    const whole = [...MARKS, ...Object.values<string>(ENCODER_WEIGHTS)].includes(basename(path));
    throw new UserError(
      whole
        ? `not a folder: ${path}. its folder is exported: npm run export -- ${dirname(given)} <target>`
        : `not a folder: ${path}. a checkpoint is imported first: npm run import -- ${given} <folder>`,
    );
  }
  if (existsSync(join(path, DATASET_JSON))) return 'dataset';
  if (!existsSync(join(path, ENCODER_JSON))) throw refuse(path, given);
  readEncoderInfo(path);
  return 'encoder';
}

/** What is below it, as a stage's output folder has it: `digits/data/digits`, `data`, `data/networks/pretrained`. */
function refuse(path: string, given: string): UserError {
  const inside = ['*', '*/*', '*/*/*']
    .flatMap((folders) => MARKS.flatMap((mark) => globSync(`${folders}/${mark}`, { cwd: path })))
    .map(dirname)
    .sort();
  if (inside.length)
    return new UserError(
      `no encoder or dataset: ${path}. in it: ${inside.join(', ')}. name one: npm run export -- ${join(given, inside[0]!)} <target>`,
    );
  return new UserError(
    `no encoder or dataset: ${path}. expected a folder that pretrain, ingest or npm run import wrote. a checkpoint is imported first: npm run import -- ${given} <folder>`,
  );
}
