import { z } from '@simclr/stage';
import { DATASET_METRICS } from './dataset-info.ts';
import { Flag } from './flags.ts';
import { jsonArtifact } from './json-artifact.ts';
import { FEATURE_KINDS } from './results.ts';
import { size } from './shape.ts';

const Split = z.strictObject({
  rows: z.int().min(0),
  /** Of the dataset's rows, as its index.json has it. */
  digest: z.string(),
});

const Written = z.strictObject({
  dataset: z.string(),
  /** Names of the classes, which labels count. */
  classes: z.array(z.string()),
  /** By which results on it are compared, as dataset.json has it. */
  metric: z.enum(DATASET_METRICS),
  /** An image may be of several classes: it has a label for each, 1, −1, or 0 (difficult). */
  severalLabels: z.boolean(),
  /** Labels of test rows that are 0, where there are several a row. */
  difficult: z.int().min(0).optional(),
  encoder: z.strictObject({
    digest: z.string(),
    parameters: z.int().min(0),
    /** Of the products for one image, a multiply-add counting two; null where they are not known. */
    flops: z.number().nullable().optional(),
    /** How it sees images of this dataset, in the language of views. */
    preprocessing: z.string().optional(),
    /** Where in the encoder they are taken from, where that is not at its features. */
    tap: z.string().optional(),
  }),
  /** For validation there is one where it is official. */
  splits: z.strictObject({ train: Split, validation: Split.optional(), test: Split }),
  /** Those that are there, each with the dimension of its features. */
  kinds: z.array(z.strictObject({ kind: z.enum(FEATURE_KINDS), dim: size })).min(1),
  /** What is wrong with images or encoder, for all results of these features. */
  flags: z.array(Flag),
});

/** What `features.json` says of the features of one dataset, which are in files beside it: see `featuresPath`. */
export type FeaturesInfo = z.infer<typeof Written>;

const artifact = jsonArtifact({
  file: 'features.json',
  name: 'features',
  stage: 'features',
  expected: 'expected a folder that the stage features wrote',
  version: 1,
  written: Written,
  read: z.object({
    ...Written.shape,
    // Features of before are of datasets of one class an image.
    metric: Written.shape.metric.default('top-1'),
    severalLabels: z.boolean().default(false),
    flags: z.array(z.object(Flag.shape)).default([]),
  }),
});

export const writeFeaturesInfo = artifact.write;
/** @throws UserError as `JsonArtifact.read` */
export const readFeaturesInfo: (folder: string) => FeaturesInfo = artifact.read;
