import { DATASET_METRICS } from '@simclr/artifacts';
import { paperStrengths } from '@simclr/probe/penalty';
import { z } from '@simclr/stage';
import { distinct, labelShares } from './distinct.ts';

/** Protocols on frozen features. */
export const PROBES = ['linear', 'knn', 'ridge', 'few-shot'] as const;

/** How features are evaluated; the same for every kind of them. */
export const ProbeConfig = z.strictObject({
  /**
   * What is run: `linear`, logistic regression by L-BFGS (section B.8); `knn`, weighted neighbours, which fits nothing;
   * `ridge`, least squares in closed form, for a quick look; `few-shot`, logistic regression on a handful of labels a class.
   * Whatever runs gives top-1, and beside it the dataset's own metric, which is not chosen here.
   */
  protocols: distinct(z.enum(PROBES)).default(['linear', 'knn']),
  /**
   * Strengths λ of the penalty, of linear and ridge: the paper's 45 by default. The one with the best metric on held-out
   * training rows is taken, of several the one with the least cross-entropy on them.
   */
  l2s: z.array(z.number().positive()).min(1).default(paperStrengths),
  /**
   * What a strength means, which the paper does not say. By default λ/2 ‖W‖² beside the sum of the losses, of features
   * centred and scaled to mean variance 1, so that it means the same for every kind of features. scikit-learn's C is 1/λ
   * with `features: raw`; the mean of the losses is the sum with λ as many times as there are rows.
   */
  objective: z
    .strictObject({
      loss: z.enum(['sum', 'mean']).default('sum'),
      /** λ/2 ‖W‖², or all of λ ‖W‖². */
      penalty: z.enum(['half', 'whole']).default('half'),
      features: z.enum(['scaled', 'raw']).default('scaled'),
    })
    .prefault({}),
  /** Share of the training rows held out for a choice, stratified; where that is under 1,000, up to five times over. */
  validationFraction: z.number().gt(0).lt(1).default(0.1),
  /** Shares of the labels that linear learns from: 1 is all of them. */
  labelFractions: labelShares.default([1]),
  /** Draws of a share of the labels. */
  draws: z.int().min(1).default(3),
  /** Weighted kNN over all training rows by cosine. */
  knn: z
    .strictObject({
      /**
       * Neighbours that vote; of several numbers the best on held-out rows. 20 serves datasets of a thousand rows too; the
       * usual 200 of ImageNet would be a sixth of them.
       */
      k: z.union([z.int().min(1), z.array(z.int().min(1)).min(1)]).default(20),
      /** Weight of a neighbour is exp(cosine / temperature). */
      temperature: z.number().positive().default(0.1),
    })
    .prefault({}),
  /** Logistic regression on so many labels a class, each number of them drawn several times. */
  fewShot: z
    .strictObject({
      shots: distinct(z.int().min(1)).default([1, 5, 10]),
      draws: z.int().min(1).default(5),
      /** Its strength: a handful of rows leaves none to choose by. */
      l2: z.number().positive().default(1),
    })
    .prefault({}),
  /**
   * What you expect the datasets to be scored by. It changes nothing: another metric than the dataset's is an error, since
   * numbers would not compare with anyone's.
   */
  metric: z.enum(DATASET_METRICS).optional(),
  /**
   * Also evaluate the same network at random initialisation, and the raw pixels: by default yes. Where a stage `features`
   * extracts, that says it.
   */
  baselines: z.boolean().optional(),
});
export type ProbeConfig = z.infer<typeof ProbeConfig>;
