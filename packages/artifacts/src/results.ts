import { z } from '@simclr/stage';
import { jsonArtifact } from './json-artifact.ts';

/** What is evaluated: the encoder, the same network untrained, and the images themselves. */
export const FEATURE_KINDS = ['pretrained', 'random-init', 'pixels'] as const;
export type FeatureKind = (typeof FEATURE_KINDS)[number];

const ProbeRow = z.strictObject({
  dataset: z.string(),
  features: z.enum(FEATURE_KINDS),
  labelFraction: z.number(),
  /** Number of the subset's draw. */
  draw: z.int(),
  trainRows: z.int(),
  testRows: z.int(),
  /** Chosen on held-out training rows: which were right, then mean cross-entropy (nats), over so many folds. */
  l2: z.number(),
  validationAccuracy: z.number(),
  validationLoss: z.number(),
  folds: z.int(),
  accuracy: z.number(),
});

/** One fitted probe. Accuracies are fractions, `accuracy` of the test rows. */
export type ResultRow = z.infer<typeof ProbeRow>;

const KnnRow = z.strictObject({
  dataset: z.string(),
  features: z.enum(FEATURE_KINDS),
  k: z.int(),
  trainRows: z.int(),
  testRows: z.int(),
  accuracy: z.number(),
});

/** Weighted kNN over all training rows. Accuracy is a fraction of the test rows. */
export type KnnRow = z.infer<typeof KnnRow>;

const Written = z.strictObject({ rows: z.array(ProbeRow), knn: z.array(KnnRow) });

/** As they are read: of before, rows do not say how well the choice did. */
const Read = z.object({
  rows: z.array(z.object(ProbeRow.partial({ validationLoss: true, folds: true }).shape)),
  knn: z.array(z.object(KnnRow.shape)).default([]),
});
export type Results = z.infer<typeof Read>;

const artifact = jsonArtifact({ file: 'results.json', version: 1, written: Written, read: Read });

/** Results of linear-eval and transfer, of one dataset or several: a row for each probe and each kNN. */
export const writeResults = artifact.write;
/** @throws UserError as `JsonArtifact.read` */
export const readResults: (folder: string) => Results = artifact.read;
