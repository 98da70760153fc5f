import { z } from '@simclr/stage';

/** Curves of a run. Nothing in it depends on the clock, so that equal runs publish equal files. */
export const History = z.strictObject({
  train: z.array(
    z.strictObject({
      /** Steps done. */
      step: z.int(),
      epoch: z.number(),
      /** NT-Xent in the configured scale. */
      loss: z.number(),
      /** Share of view-1 rows whose positive is the most alike among the view-2 rows. */
      contrastAcc: z.number(),
      /** Mean entropy of their softmax, nats; ln N at chance. */
      contrastEntropy: z.number(),
      learningRate: z.number(),
    }),
  ),
  knn: z.array(z.strictObject({ step: z.int(), epoch: z.number(), accuracy: z.number() })),
});

export type History = z.infer<typeof History>;

export const emptyHistory = (): History => ({ train: [], knn: [] });
