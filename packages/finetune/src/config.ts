import { distinct, labelShares } from '@simclr/evaluation/distinct';
import { z } from '@simclr/stage';

/** Values from 10^from to 10^to at equal ratios, to six digits. */
const logSpaced = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Number((10 ** (from + ((to - from) * i) / (count - 1))).toPrecision(6)));

const rates = z.array(z.number().positive()).min(1);
const decays = z.array(z.number().min(0)).min(1);
const batch = z.int().min(1);

/**
 * What is tried on validation rows, each learning rate with each weight decay, before the best pair trains on everything.
 * SGD with Nesterov momentum 0.9, cosine decay of the rate to 0 as in the reference's code; the paper does not say.
 */
const grid = (learningRates: number[], weightDecays: number[], steps: number) =>
  z
    .strictObject({
      learningRates: rates.default(learningRates),
      /** As the paper has them: what decays a weight at a step is this, whatever the learning rate, by which it is divided. */
      weightDecays: decays.default(weightDecays),
      /** Of each trial, and of the last training. */
      steps: z.int().min(1).default(steps),
      batch: batch.default(256),
    })
    .prefault({});

/** A training without a choice: at a rate of `base` · batch / 256, without warmup, without weight decay. */
const fixed = (base: number) => ({ base: z.number().positive().default(base), batch: batch.default(4096) });
const epochs = z.number().positive();

/** Config of the stage `finetune`. The defaults are the paper's, appendices B.5, B.6 and B.8. */
export const FinetuneConfig = z
  .strictObject({
    /** Dataset of the stage `ingest`, where that writes several; by default the one that the encoder was pretrained on. */
    dataset: z.string().optional(),
    /** Where training starts: the encoder's weights, and for comparison those of the same network drawn anew. */
    weights: distinct(z.enum(['pretrained', 'random-init'])).default(['pretrained', 'random-init']),
    /**
     * What keeps its weights, its batch norm as in evaluation: nothing; the stem; also the groups up to that one; or the
     * whole network, which is linear evaluation by SGD on augmented images (appendix B.6).
     */
    freeze: z.enum(['none', 'stem', 'group1', 'group2', 'group3', 'all']).default('none'),
    /**
     * What the classifier gets (the reference's ft_proj_selector): 0 the features, as SimCLR; j the output of layer j of the
     * projection head, which trains along (SimCLR v2: 1 of 3); -1 its last.
     */
    headLayer: z.int().min(-1).default(0),
    /**
     * Shares of the labels to train with: 1 is all of them, by the grid; less is class-balanced, the same rows as of the
     * linear probes, and trained as in appendix B.5.
     */
    labelFractions: labelShares.default([1]),
    /** Draws of a subset, where less than all labels are used. */
    draws: z.int().min(1).default(1),
    /**
     * The training split is this share of the labels already, by a list (`trainList` of the stage `ingest`: ImageNet's of 1 %
     * and 10 %): nothing is drawn, and all of it is trained on as in appendix B.5. Instead of `labelFractions`.
     */
    listedFraction: z.number().gt(0).lt(1).optional(),
    /** Share of the rows held out for the choice, stratified, where the dataset has no official validation split. */
    validationFraction: z.number().gt(0).lt(1).default(0.1),
    /** Section B.8: 7 learning rates from 1e-4 to 0.1; no weight decay, and 7 from 1e-6 to 1e-3. */
    grid: grid(logSpaced(-4, -1, 7), [0, ...logSpaced(-6, -3, 7)], 20_000),
    /** From random weights: 7 learning rates from 1e-3 to 1, 8 weight decays from 1e-5 to 10^-1.5. */
    gridFromRandom: grid(logSpaced(-3, 0, 7), logSpaced(-5, -1.5, 8), 40_000),
    /** Some labels, appendix B.5. Epochs by default: 60 of up to 1 % of the labels, 30 of more. */
    fewLabels: z.strictObject({ ...fixed(0.05), epochs: epochs.optional() }).prefault({}),
    /** `freeze: all`, appendix B.6. */
    linear: z.strictObject({ ...fixed(0.1), epochs: epochs.default(90) }).prefault({}),
    /**
     * Gives up hopeless trials; off in the paper's protocol. At each of these steps a trial ends whose score on validation rows is below
     * the median of the trials that came there before it, at least four (the median stopping rule of Golovin et al. 2017).
     */
    abandon: z.strictObject({ atSteps: z.array(z.int().min(1)).min(1) }).optional(),
    /** Whether the network of each last training is published, as the folder of an encoder: `networks/pretrained-1pct`. */
    networks: z.boolean().default(true),
    /** `auto`: bf16 where the processor has units for it, else fp32. */
    precision: z.enum(['auto', 'fp32', 'bf16']).default('auto'),
    /** Points of the curves are so many steps apart. */
    logEvery: z.int().min(1).default(100),
    /** A checkpoint is written every so many seconds, and when the run is told to stop. */
    checkpointSeconds: z.number().positive().default(60),
  })
  .refine(({ freeze, weights }) => freeze === 'none' || freeze === 'all' || !weights.includes('random-init'), {
    path: ['weights'],
    error: "expected ['pretrained'] with a part frozen: random weights that nothing trains are of no use",
  })
  .refine(({ listedFraction, labelFractions }) => listedFraction === undefined || String(labelFractions) === '1', {
    path: ['labelFractions'],
    error: 'expected none beside listedFraction',
  });

export type FinetuneConfig = z.infer<typeof FinetuneConfig>;

/** Weights that training may start from. */
export type StartWeights = FinetuneConfig['weights'][number];

/** The config's name for the dataset, in errors. */
export const DATASET_KEY = 'finetune.dataset';
