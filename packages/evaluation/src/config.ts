import { paperStrengths } from '@simclr/probe/penalty';
import { z } from '@simclr/stage';

/** How a probe is fitted; the same for every kind of features. */
export const ProbeConfig = z.strictObject({
  /**
   * Strengths of the penalty l2/2 ‖W‖² beside the *sum* of the losses, of features centred and scaled to mean variance 1.
   * The paper's 45 by default. The one with the most held-out training rows right is taken, of several the one with the
   * least cross-entropy on them.
   */
  l2s: z.array(z.number().positive()).min(1).default(paperStrengths),
  /** Share of the training rows held out for that choice, stratified; where that is under 1,000, up to five times over. */
  validationFraction: z.number().gt(0).lt(1).default(0.1),
  /** Shares of the labels to train with: 1 is all of them. */
  labelFractions: z.array(z.number().gt(0).max(1)).min(1).default([1]),
  /** Draws of a subset, where less than all labels are used. */
  draws: z.int().min(1).default(3),
  /** Weighted kNN over all training rows by cosine, beside the probes: it fits nothing. */
  knn: z
    .strictObject({
      /** 20 serves datasets of a thousand rows too; the usual 200 of ImageNet would be a sixth of them. */
      k: z.int().min(1).default(20),
      /** Weight of a neighbour is exp(cosine / temperature). */
      temperature: z.number().positive().default(0.1),
    })
    .prefault({}),
  /**
   * Also evaluate the same network at random initialisation, and the raw pixels: by default yes. Where a stage `features`
   * extracts, that says it.
   */
  baselines: z.boolean().optional(),
});
export type ProbeConfig = z.infer<typeof ProbeConfig>;
