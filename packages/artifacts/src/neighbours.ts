import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '@simclr/stage';
import { jsonArtifact } from './json-artifact.ts';

const Written = z.strictObject({
  /** Rows of the test split. */
  queries: z.array(z.int()),
  /** For each query rows of the training split, nearest first. */
  neighbours: z.array(z.array(z.int())),
});

/** The training images nearest to some test images, by the cosine of their features. */
export type Neighbours = z.infer<typeof Written>;

const artifact = jsonArtifact({
  file: 'neighbours.json',
  version: 1,
  written: Written,
  read: z.object(Written.shape),
});

/** Whether results have neighbours beside them: linear-eval looks them up, transfer does not. */
export const hasNeighbours = (folder: string): boolean => existsSync(join(folder, artifact.file));

export const writeNeighbours = artifact.write;
/** @throws UserError as `JsonArtifact.read` */
export const readNeighbours: (folder: string) => Neighbours = artifact.read;
