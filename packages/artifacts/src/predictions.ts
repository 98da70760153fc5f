import { z } from '@simclr/stage';
import { jsonArtifact } from './json-artifact.ts';
import { FEATURE_KINDS } from './results.ts';

const Prediction = z.strictObject({
  dataset: z.string(),
  features: z.enum(FEATURE_KINDS),
  labelFraction: z.number(),
  draw: z.int(),
  /** Of each test row, in the order of the split. */
  classes: z.array(z.int()),
});

const Written = z.strictObject({ predictions: z.array(Prediction) });

/** Predicted test classes of each probe, in the order of the rows in results.json: for tests of significance. */
export type Predictions = z.infer<typeof Written>;

const artifact = jsonArtifact({
  file: 'predictions.json',
  version: 1,
  written: Written,
  read: z.object({ predictions: z.array(z.object(Prediction.shape)) }),
});

export const writePredictions = artifact.write;
/** @throws UserError as `JsonArtifact.read` */
export const readPredictions: (folder: string) => Predictions = artifact.read;
