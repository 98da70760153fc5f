import { z } from '@simclr/stage';
import { jsonArtifact } from './json-artifact.ts';
import { Shape } from './shape.ts';

const Written = z.strictObject({
  /** As the policy language prints it. */
  policy: z.string(),
  /** Dataset of the stage `ingest`. */
  dataset: z.string(),
  /** Of a view. */
  shape: Shape.readonly(),
});

/** View policy, dataset and shape of views that the stage `augment` fixes. */
export type ViewPolicy = z.infer<typeof Written>;

const artifact = jsonArtifact({
  file: 'policy.json',
  version: 1,
  written: Written,
  read: z.object(Written.shape),
});

export const writeViewPolicy = artifact.write;
/** @throws UserError as `JsonArtifact.read` */
export const readViewPolicy: (folder: string) => ViewPolicy = artifact.read;
