import { z } from '@simclr/stage';
import { DATASET_METRICS } from './dataset-info.ts';
import { jsonArtifact } from './json-artifact.ts';
import { RowKey } from './results.ts';
import { upgradePredictions } from './results-before.ts';

const Test = z.strictObject({
  dataset: z.string(),
  /** Of the test split's rows: models are compared on the same ones. */
  digest: z.string(),
  metric: z.enum(DATASET_METRICS),
  /** Names, which labels count. */
  classes: z.array(z.string()),
  /** [n]; of images of several classes [n, classes], 1 positive, −1 negative, 0 difficult. */
  labels: z.array(z.int()),
});

const Prediction = z.strictObject({
  ...RowKey.shape,
  /** Most likely class of each test row, in the order of the split. */
  predicted: z.array(z.int()),
  /** Its probability, [n], where the protocol gives one: see `packFloats`. */
  confidence: z.string().optional(),
  /** Of images of several classes, how sure the model is of each, [n, classes]: see `packFloats`. */
  scores: z.string().optional(),
});

const Written = z.strictObject({ tests: z.array(Test), predictions: z.array(Prediction) });

/**
 * What the rows of results.json predicted, a prediction for each row in their order, and what is right: all that tests of
 * significance and lists of mistakes take.
 */
export type Predictions = z.infer<typeof Written>;
export type Prediction = Predictions['predictions'][number];

const artifact = jsonArtifact({
  file: 'predictions.json',
  version: 2,
  written: Written,
  read: z.object({ tests: z.array(z.object(Test.shape)), predictions: z.array(z.object(Prediction.shape)) }),
  upgrade: upgradePredictions,
});

export const writePredictions = artifact.write;
/** @throws UserError as `JsonArtifact.read` */
export const readPredictions: (folder: string) => Predictions = artifact.read;

/** Numbers in single precision, little-endian, as base64. */
export function packFloats(values: ArrayLike<number>): string {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  for (let i = 0; i < values.length; i++) bytes.setFloat32(4 * i, values[i]!, true);
  return Buffer.from(bytes.buffer).toString('base64');
}

export function unpackFloats(packed: string): Float32Array {
  const bytes = Buffer.from(packed, 'base64');
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}
