import type { StepDefinition, TensorFlow, Tensors, Tree } from '@simclr/tensorflow';
import { type ClassifierArgs, initClassifier, supervisedHeadInputs } from './classifier.ts';
import { isFrozen, TRAIN_ALL } from './freezing.ts';
import { globalNorm, gradientsOf, pick } from './gradients.ts';
import type { OptimizerConfig } from './optimizers/make-optimizer.ts';
import { decayedGradient } from './optimizers/weight-decay.ts';
import { meanOverRanks } from './over-ranks.ts';
import type { ResNetMode } from './resnet.ts';
import { initState, supervise, update } from './train-step.ts';
import type { Variables } from './variables.ts';

/** Arguments of `supervisedStep`: plain JSON. */
export interface SupervisedStepArgs extends ClassifierArgs {
  optimizer: OptimizerConfig;
  /** Images a step. */
  batch: number;
  /** [h, w, channels]. */
  inputShape: [number, number, number];
  /** Decay of batch norm's moving averages. Default 0.9, the reference's. */
  bnMomentum?: number;
  /**
   * The reference's fine_tune_after_block: −1, the default, trains everything; 0 what comes after the stem; 1 to 4 what
   * comes after that group, so that 4 trains the heads alone (with `headLayer` 0 a linear classifier). What is frozen gets
   * no gradient, weight decay or optimizer slot, and its batch norm is as `ResNetMode` says.
   */
  fineTuneAfterBlock?: number;
  /** For `sgd` of weight decay 0: weight decay is an input of the step, so that one graph serves a grid. Default false. */
  weightDecayInput?: boolean;
  /** An image may be of several classes: labels are 1, −1 or 0 for each class, and the loss is `oneVsRest`. Default false. */
  severalLabels?: boolean;
  /** Ranks among which the batch is divided, as of `trainStep`; 1 by default. */
  ranks?: number;
}

const isTrained =
  ({ fineTuneAfterBlock = TRAIN_ALL }: SupervisedStepArgs) =>
  (name: string): boolean =>
    !isFrozen(name, fineTuneAfterBlock);

/** The state that these variables make: themselves, and optimizer slots of those that train, at zero. */
export function supervisedState({ params, stats }: Variables, args: SupervisedStepArgs): Tree {
  const trained = Object.fromEntries(Object.entries(params).filter(([name]) => isTrained(args)(name)));
  return { ...params, ...stats, ...initState({ params: trained, stats: {} }, args) };
}

/** The supervised step's state at step 0, all drawn. */
export const initSupervisedState = (args: SupervisedStepArgs, seed: number): Tree =>
  supervisedState(initClassifier(args, seed), args);

/**
 * One step of supervised learning, one view an image (tf2/model.py with train_mode finetune): from drawn variables the
 * baseline of the paper's Tables 1, 7 and B.3, from those of `initFineTuneState` fine-tuning. Inputs: `images`
 * [n, h, w, c] in [0, 1]; `labels` int32 [n], or [n, classes] with `severalLabels`; `learningRate` []; with `weightDecayInput` also `weightDecay` []. Outputs, scalars: `supervisedLoss` (nats),
 * `supervisedAcc`, `gradNorm` (of what trains, before weight decay). Of several ranks each is given n / ranks images;
 * outputs are those of the whole batch.
 *
 * @throws UserError for a `headLayer` or `fineTuneAfterBlock` that is not there
 */
export function supervisedStep(args: SupervisedStepArgs): StepDefinition {
  const { inputShape, bnMomentum, fineTuneAfterBlock, weightDecayInput = false, severalLabels = false, ranks } = args;
  const batch = args.batch / (ranks ?? 1);
  const variables = initClassifier(args, undefined);
  const statNames = Object.keys(variables.stats);
  const paramNames = Object.keys(variables.params);
  const mode: ResNetMode = { training: true, bnMomentum, fineTuneAfterBlock, ranks };
  return {
    state: supervisedState(variables, args),
    inputs: {
      images: { shape: [batch, ...inputShape], dtype: 'float32' },
      labels: { shape: severalLabels ? [batch, args.classes] : [batch], dtype: 'int32' },
      learningRate: { shape: [], dtype: 'float32' },
      ...(weightDecayInput ? { weightDecay: { shape: [], dtype: 'float32' } as const } : {}),
    },
    step(state, { images, labels, learningRate, weightDecay }) {
      let stats: Tensors = {};
      const own = gradientsOf(pick(state, paramNames.filter(isTrained(args))), (trained) => {
        const params = { ...pick(state, paramNames), ...trained };
        const pass = supervisedHeadInputs(args, params, pick(state, statNames), images!, mode);
        stats = pass.stats;
        const metrics = supervise(params, pass.hidden, labels!, severalLabels);
        return { loss: metrics.supervisedLoss, aux: metrics };
      });
      const gradients = ranks ? meanOverRanks(own.gradients, ranks) : own.gradients;
      const aux = ranks ? meanOverRanks(own.aux, ranks) : own.aux;
      const outputs = { ...aux, gradNorm: globalNorm(gradients) };
      const decayed = weightDecay ? decay(state, gradients, weightDecay) : gradients;
      return { state: update(args, state, decayed, stats, learningRate!), outputs };
    },
  };
}

/** What SGD decays, with its term's gradient. */
function decay(params: Tensors, gradients: Tensors, weightDecay: TensorFlow.Tensor): Tensors {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, g]) => [name, decayedGradient('sgd', name, params[name]!, g, weightDecay)]),
  );
}
