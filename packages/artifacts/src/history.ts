import { z } from '@simclr/stage';
import { jsonArtifact } from './json-artifact.ts';

const TrainPoint = z.strictObject({
  /** Steps done. */
  step: z.int(),
  epoch: z.number(),
  /** The objective in its configured scale. */
  loss: z.number(),
  /** Share of view-1 rows whose positive is the most alike among the view-2 rows. */
  contrastAcc: z.number().optional(),
  /** Mean entropy of their softmax, nats; ln N at chance. */
  contrastEntropy: z.number().optional(),
  /** Mean deviation of l2-normalised z over the batch, × √d; 0 where it has collapsed. */
  embeddingStd: z.number().optional(),
  /** Of the online probe; cross-entropy, nats. */
  supervisedLoss: z.number().optional(),
  /** Of the online probe, or of the supervised baseline, on the training views. */
  supervisedAcc: z.number().optional(),
  learningRate: z.number(),
});

const KnnPoint = z.strictObject({
  step: z.int(),
  epoch: z.number(),
  accuracy: z.number(),
  /** How spread out the features are, by packages/pretrain/src/collapse.ts. */
  featureStd: z.number(),
  featureRank: z.number(),
});

/** Curves of a run. Nothing in it depends on the clock, so that equal runs publish equal files. */
export const History = z.strictObject({ train: z.array(TrainPoint), knn: z.array(KnnPoint) });
export type History = z.infer<typeof History>;

export const emptyHistory = (): History => ({ train: [], knn: [] });

/** As it is read: encoders of before have no spread of features. */
const Read = z.object({
  train: z.array(z.object(TrainPoint.shape)),
  knn: z.array(z.object(KnnPoint.partial({ featureStd: true, featureRank: true }).shape)),
});
export type Curves = z.infer<typeof Read>;

const artifact = jsonArtifact({ file: 'history.json', version: 1, written: History, read: Read });

export const writeHistory = artifact.write;
/** @throws UserError as `JsonArtifact.read` */
export const readHistory: (folder: string) => Curves = artifact.read;
