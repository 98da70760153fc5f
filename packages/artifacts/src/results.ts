import { z } from '@simclr/stage';
import { DATASET_METRICS } from './dataset-info.ts';
import { Flag } from './flags.ts';
import { jsonArtifact } from './json-artifact.ts';
import { upgradeResults } from './results-before.ts';

/** What is evaluated: the encoder, the same network untrained, and the images themselves. */
export const FEATURE_KINDS = ['pretrained', 'random-init', 'pixels'] as const;
export type FeatureKind = (typeof FEATURE_KINDS)[number];

/** How it is evaluated: on frozen features, or (`sgd`) a classifier trained on augmented images, or the whole network. */
export const PROTOCOLS = ['linear', 'knn', 'ridge', 'few-shot', 'sgd', 'fine-tune'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** What tells rows of one file apart, and pairs a row with its predictions. */
export const RowKey = z.strictObject({
  dataset: z.string(),
  features: z.enum(FEATURE_KINDS),
  protocol: z.enum(PROTOCOLS),
  /** Share of the labels that were learned from; of few-shot, `shots` a class instead. */
  labelFraction: z.number(),
  shots: z.int().optional(),
  /** Number of the labels' draw. */
  draw: z.int(),
});
export type RowKey = z.infer<typeof RowKey>;

/** What was chosen among; each protocol has its own keys of it. */
const Choice = z.strictObject({
  l2: z.number().optional(),
  k: z.int().optional(),
  learningRate: z.number().optional(),
  weightDecay: z.number().optional(),
});

const fraction = z.number();

const Row = z.strictObject({
  ...RowKey.shape,
  trainRows: z.int(),
  testRows: z.int(),
  /** The dataset's (section B.8); `score` is by it. */
  metric: z.enum(DATASET_METRICS),
  score: fraction,
  /** Rows whose most likely class is their own; of images of several classes, one of their own. */
  top1: fraction,
  /** Where there are more than five classes of which a row has one. */
  top5: fraction.optional(),
  meanPerClass: fraction.optional(),
  /** Expected calibration error, where a protocol gives probabilities. */
  calibrationError: fraction.optional(),
  choice: Choice,
  /** Of the chosen on rows held out, so many times: the metric, and the mean loss (nats). Without a choice there is none. */
  validationScore: fraction.optional(),
  validationLoss: z.number().optional(),
  folds: z.int().optional(),
  /** Everything that was tried, on the rows held out. */
  curve: z.array(z.strictObject({ at: Choice, score: fraction, loss: z.number().optional() })).optional(),
});

/** One classifier on the test rows of one dataset, seen once. Scores are fractions. */
export type ResultRow = z.infer<typeof Row>;

const Omitted = z.strictObject({
  ...RowKey.shape,
  /** In a few words: `an ONNX file has no weights to train`. */
  reason: z.string(),
});

/** A row that was asked for and cannot be: tables name it, with why. */
export type OmittedRow = z.infer<typeof Omitted>;

const Written = z.strictObject({ rows: z.array(Row), flags: z.array(Flag), omitted: z.array(Omitted).optional() });

/** Of one dataset or several. Rows of all protocols are in one list, in the order in which they were computed. */
export type Results = z.infer<typeof Written>;

/** A share of the labels in per cent, as keys and tables have it, without the digits of rounding: `0.07` → `7`. */
export const labelPercent = (fraction: number): number => Number((100 * fraction).toPrecision(3));

const artifact = jsonArtifact({
  file: 'results.json',
  version: 2,
  written: Written,
  read: z.object({
    rows: z.array(z.object(Row.shape)),
    flags: z.array(z.object(Flag.shape)),
    omitted: z.array(z.object(Omitted.shape)).optional(),
  }),
  upgrade: upgradeResults,
});

/** Results of an evaluation: of linear-eval, transfer, finetune. */
export const writeResults = artifact.write;
/** @throws UserError as `JsonArtifact.read` */
export const readResults: (folder: string) => Results = artifact.read;
