import {
  emaName,
  initSupervisedState,
  initTrainState,
  modelWeights,
  type SupervisedStepArgs,
  type TrainStepArgs,
} from '@simclr/nn';
import type { TensorData, Tree } from '@simclr/tensorflow';
import type { Share } from '@simclr/views';
import type { PretrainConfig } from './config.ts';
import { stepArgs } from './step-args.ts';

/** Metrics of a step, under the names of `history.json`. */
export type StepMetrics = Partial<
  Record<'contrastAcc' | 'contrastEntropy' | 'embeddingStd' | 'supervisedLoss' | 'supervisedAcc', number>
>;

/** A training objective on pairs of views: its compiled step, the step's inputs, and the metrics it returns. */
export interface LearningTask {
  step: { export: 'trainStep'; args: TrainStepArgs } | { export: 'supervisedStep'; args: SupervisedStepArgs };
  /** The step's input that takes the views, [2N, …], or a rank's share of them. */
  views: 'views' | 'images';
  initialState(seed: number): Tree;
  /**
   * What the step is fed beside the views and the learning rate.
   * @param labels of the N images, or of this rank's share of them
   */
  feed(labels: () => Int32Array): Record<string, Int32Array>;
  read(outputs: Record<string, TensorData>): StepMetrics & { loss: number; gradNorm: number };
  /** Where a variable of the encoder, as it is published, is in the step's state: with moving averages, at its own. */
  published(name: string): string;
  /** Weights to publish. */
  weights(state: Tree): { encoder: Tree; projection?: Tree };
}

const scalars = (outputs: Record<string, TensorData>): Record<string, number> =>
  Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data[0]!]));

/**
 * The task that a config asks for.
 * @param inputShape of a view
 * @param of the ranks that share its steps, this one
 */
export function learningTask(
  config: PretrainConfig,
  inputShape: readonly [number, number, number],
  classes: number,
  of: Share = { rank: 0, ranks: 1 },
): LearningTask {
  const args = stepArgs(config, inputShape);
  return config.objective.kind === 'supervised'
    ? supervised(args, classes, of)
    : contrastive(args, config, classes, of);
}

function contrastive(
  base: TrainStepArgs,
  { onlineProbe, ema }: PretrainConfig,
  classes: number,
  { rank, ranks }: Share,
): LearningTask {
  const args: TrainStepArgs = {
    ...base,
    ...(ranks > 1 ? { ranks } : {}),
    ...(onlineProbe ? { probe: { classes } } : {}),
    ...(ema === undefined ? {} : { ema }),
  };
  return {
    step: { export: 'trainStep', args },
    views: 'views',
    initialState: (seed) => initTrainState(args, seed),
    feed: (labels) => ({
      ...(onlineProbe ? { labels: labels() } : {}),
      ...(ranks > 1 ? { rank: Int32Array.of(rank) } : {}),
    }),
    read(outputs) {
      const { loss, gradNorm, ...metrics } = scalars(outputs);
      return { loss: loss!, gradNorm: gradNorm!, ...metrics };
    },
    published: (name) => (ema === undefined ? name : emaName(name)),
    weights: (state) => modelWeights(args, state, { ema: ema !== undefined }),
  };
}

/** Both views of a pair are images of its class: the baseline sees what the contrastive task sees, at the same compute. */
function supervised(
  { network, head, optimizer, batch, inputShape }: TrainStepArgs,
  classes: number,
  { ranks }: Share,
): LearningTask {
  const args: SupervisedStepArgs = {
    network,
    classes,
    optimizer,
    batch: 2 * batch,
    inputShape,
    ...(ranks > 1 ? { ranks } : {}),
  };
  return {
    step: { export: 'supervisedStep', args },
    views: 'images',
    initialState: (seed) => initSupervisedState(args, seed),
    feed(labels) {
      const own = labels();
      return { labels: Int32Array.from({ length: 2 * own.length }, (_, i) => own[i % own.length]!) };
    },
    read(outputs) {
      const { supervisedLoss, supervisedAcc, gradNorm } = scalars(outputs);
      return { loss: supervisedLoss!, supervisedAcc: supervisedAcc!, gradNorm: gradNorm! };
    },
    published: (name) => name,
    weights: (state) => ({ encoder: modelWeights({ network, head }, state).encoder }),
  };
}
