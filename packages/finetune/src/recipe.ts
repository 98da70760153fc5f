import type { FinetuneConfig, StartWeights } from './config.ts';

/** A pair of the grid. */
export interface Setting {
  learningRate: number;
  /** As the paper's grid has it: before it is divided by the learning rate. */
  weightDecay: number;
}

/** How a network is trained on some rows: what is chosen among, and for how long each is trained. */
export interface Recipe {
  protocol: 'fine-tune' | 'sgd';
  /** More than one: the best on validation rows is taken. */
  settings: readonly Setting[];
  /** Images a step. */
  batch: number;
  steps: number;
}

const FREEZE = { none: -1, stem: 0, group1: 1, group2: 2, group3: 3, all: 4 } as const;

/** The reference's fine_tune_after_block. */
export const frozenBlock = ({ freeze }: Pick<FinetuneConfig, 'freeze'>): number => FREEZE[freeze];

/** Shares of the labels that are trained with, in their order. */
export const fractionsOf = ({
  listedFraction,
  labelFractions,
}: Pick<FinetuneConfig, 'listedFraction' | 'labelFractions'>): readonly number[] =>
  listedFraction === undefined ? labelFractions : [listedFraction];

/** The grid that a training chooses of: on all labels, with something to train beside the classifier. Elsewhere there is none. */
const gridOf = ({ freeze, grid, gridFromRandom }: FinetuneConfig, weights: StartWeights, labelFraction: number) =>
  freeze === 'all' || labelFraction < 1 ? undefined : weights === 'pretrained' ? grid : gridFromRandom;

/** Those that trainings of the config choose of. */
export const gridsOf = (config: FinetuneConfig): FinetuneConfig['grid'][] =>
  config.weights.flatMap((weights) => fractionsOf(config).flatMap((share) => gridOf(config, weights, share) ?? []));

/** What is tried of a grid. */
export const settingsOf = ({ learningRates, weightDecays }: FinetuneConfig['grid']): Setting[] =>
  learningRates.flatMap((learningRate) => weightDecays.map((weightDecay) => ({ learningRate, weightDecay })));

/** Up to this share of the labels appendix B.5 has 60 epochs, above it 30. */
const ONE_PER_CENT = 0.01;

/** Steps of so many epochs, the last one whole. */
const stepsOf = (epochs: number, rows: number, batch: number) => Math.max(1, Math.ceil((epochs * rows) / batch));

/**
 * How to train on so many rows, a share of the labels. A batch is no larger than the rows.
 *
 * @param rows that are trained on in the end, validation rows among them
 */
export function recipeOf(config: FinetuneConfig, weights: StartWeights, labelFraction: number, rows: number): Recipe {
  const grid = gridOf(config, weights, labelFraction);
  if (grid) {
    const { steps, batch } = grid;
    return { protocol: 'fine-tune', settings: settingsOf(grid), steps, batch: Math.min(batch, rows) };
  }
  const { base, epochs, ...fixed } = config.freeze === 'all' ? config.linear : config.fewLabels;
  const batch = Math.min(fixed.batch, rows);
  return {
    protocol: config.freeze === 'all' ? 'sgd' : 'fine-tune',
    settings: [{ learningRate: (base * batch) / 256, weightDecay: 0 }],
    steps: stepsOf(epochs ?? (labelFraction <= ONE_PER_CENT ? 60 : 30), rows, batch),
    batch,
  };
}

/**
 * Decay of batch norm's moving averages (section B.8): max(1 − 10/s, 0.9) for s steps an epoch.
 * @param rows that are trained on
 */
export const batchNormMomentum = (rows: number, batch: number): number => Math.max(1 - (10 * batch) / rows, 0.9);

/** The factor of w in a step's gradient: weight decay divided by the learning rate, so that a step takes it off whatever the rate. */
export const decayOf = ({ learningRate, weightDecay }: Setting): number => weightDecay / learningRate;

/** As metrics are named: `lr_0.01_wd_0.000001`. */
export const settingName = ({ learningRate, weightDecay }: Setting): string => `lr_${learningRate}_wd_${weightDecay}`;
