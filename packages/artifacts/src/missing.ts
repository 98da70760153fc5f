import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inputsOf, type StageInputs, type StageLog, UserError, z } from '@simclr/stage';
import { jsonArtifact } from './json-artifact.ts';

const Written = z.strictObject({
  /** Its name in configs. */
  dataset: z.string(),
  /** As papers call it. */
  title: z.string(),
  metric: z.enum(['top-1', 'mean-per-class', '11-point-map']),
  /** Files that it is made from. */
  files: z.array(z.string()),
  /** How it comes here. */
  toDo: z.string(),
});

/** A dataset that is not on this machine. It stands in the place of images, features and results, so that tables name it. */
export type MissingDataset = z.infer<typeof Written>;

const artifact = jsonArtifact({
  file: 'missing.json',
  stage: 'ingest',
  version: 1,
  written: Written,
  read: z.object(Written.shape),
});

/** @param folder that a stage publishes: there is nothing else in it */
export const writeMissing: (folder: string, dataset: MissingDataset) => void = artifact.write;

/** The dataset that is missing in a stage's folder; undefined where it is there. */
export const readMissing = (folder: string): MissingDataset | undefined =>
  existsSync(join(folder, artifact.file)) ? artifact.read(folder) : undefined;

const missingOf = (given: readonly { folder: string }[]): MissingDataset | undefined =>
  given.map(({ folder }) => readMissing(folder)).find((each) => each !== undefined);

/** @throws UserError where a dataset is missing that a stage cannot do without */
export function requireDatasets(inputs: StageInputs): void {
  const missing = missingOf(inputsOf(inputs, 'dataset'));
  if (missing) throw new UserError(`missing dataset: ${missing.dataset}. ${missing.toDo}`);
}

/**
 * Where a stage is given a missing dataset, or what was to be made of one, that is all it has to publish.
 *
 * @returns whether it was published, and the stage is done
 * @throws UserError where other inputs are there, which the stage was to take together with it
 */
export function passOnMissing({ inputs, out, log }: { inputs: StageInputs; out: string; log: StageLog }): boolean {
  const given = (['dataset', 'features'] as const).flatMap((role) => inputsOf(inputs, role));
  const missing = missingOf(given);
  if (!missing) return false;
  if (given.length > 1)
    throw new UserError(
      `missing dataset: ${missing.dataset}, of ${given.map(({ task }) => task).join(', ')}, which are taken together. run for each of them (each: in pipeline.yaml), or: ${missing.toDo}`,
    );
  writeMissing(out, missing);
  log.info(`${missing.dataset} is missing: ${missing.toDo}`);
  return true;
}
