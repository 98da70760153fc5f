import { z } from '@simclr/stage';
import { jsonArtifact } from './json-artifact.ts';
import { RowKey } from './results.ts';

/** A training of a network, of those that a choice is made among, or the one after it. */
export const Trial = z.strictObject({
  ...RowKey.shape,
  /** `search`: on some rows, judged on those held out; `final`: on all rows, judged on the test rows. */
  part: z.enum(['search', 'final']),
  learningRate: z.number(),
  /** As the paper's grid has it: before it is divided by the learning rate. */
  weightDecay: z.number(),
  /** `diverged`: the loss was no number; `abandoned`: it was worse than others half-way. */
  end: z.enum(['finished', 'diverged', 'abandoned']),
  /** Mean cross-entropy, nats, and share that was right, of the images of a step; the rate is before decay of the next. */
  curve: z.array(z.strictObject({ step: z.int(), loss: z.number(), accuracy: z.number(), learningRate: z.number() })),
  /** On the rows held out: the dataset's metric, and the mean loss, nats. */
  validation: z.array(z.strictObject({ step: z.int(), score: z.number(), loss: z.number() })),
  /** Digest of the weights at the end, of a `final` one. */
  weights: z.string().optional(),
});
export type Trial = z.infer<typeof Trial>;

const Written = z.strictObject({ trials: z.array(Trial) });

const artifact = jsonArtifact({
  file: 'trials.json',
  version: 1,
  written: Written,
  read: z.object({ trials: z.array(z.object(Trial.shape)) }),
});

/** Curves of all trainings behind the rows of results.json, in the order in which they ran. */
export const writeTrials = artifact.write;
/** @throws UserError as `JsonArtifact.read` */
export const readTrials: (folder: string) => { trials: Trial[] } = artifact.read;
