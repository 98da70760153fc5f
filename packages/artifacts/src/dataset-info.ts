import { z } from '@simclr/stage';
import { jsonArtifact } from './json-artifact.ts';

/** By which results are compared (section B.8): `11-point-map` is the mean average precision of PASCAL VOC 2007. */
export const DATASET_METRICS = ['top-1', 'mean-per-class', '11-point-map'] as const;
export type DatasetMetric = (typeof DATASET_METRICS)[number];

const Split = z.strictObject({
  rows: z.int(),
  /** Of its shards. */
  digest: z.string(),
  /** Of what it consists of, whatever the order: names of images (pixels of raw ones) and labels. */
  list: z.string(),
});

const SplitName = z.enum(['train', 'validation', 'test']);

const Written = z.strictObject({
  name: z.string(),
  /** As papers call it. */
  title: z.string(),
  metric: z.enum(DATASET_METRICS),
  /** An image may be of several classes: its label is a value for each. */
  severalLabels: z.boolean(),
  /** Number of classes. */
  classes: z.int(),
  /** `train` and `test`; `validation` where there is an official one, which is not in `train`. */
  splits: z.strictObject({ train: Split, validation: Split.optional(), test: Split }),
  /** Images that could not be decoded, and that were not there: listed in skipped.jsonl. */
  skipped: z.int(),
  missing: z.int(),
  /** Images of a split that are in an earlier one too, byte for byte; absent where none are, and in what older versions wrote. */
  duplicates: z
    .array(z.strictObject({ split: SplitName, alsoIn: SplitName, images: z.int(), example: z.string() }))
    .optional(),
  licence: z.string().optional(),
  homepage: z.string().optional(),
  citation: z.string().optional(),
});

/** What the stage `ingest` says of a dataset, in the dataset's folder. */
export type DatasetInfo = z.infer<typeof Written>;

const artifact = jsonArtifact({
  file: 'dataset.json',
  name: 'dataset',
  stage: 'ingest',
  version: 1,
  written: Written,
  read: z.object(Written.shape),
});

/** @param folder of the dataset: `<ingest>/<name>` */
export const writeDatasetInfo: (folder: string, info: DatasetInfo) => void = artifact.write;
/** @throws UserError as `JsonArtifact.read` */
export const readDatasetInfo: (folder: string) => DatasetInfo = artifact.read;
