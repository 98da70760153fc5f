import type { StepDefinition, Tensors, Tree } from '@simclr/tensorflow';
import { globalNorm, gradientsOf, pick } from './gradients.ts';
import { initSupervisedHead } from './heads.ts';
import type { OptimizerConfig } from './optimizers/make-optimizer.ts';
import { applyResNet, initResNet } from './resnet.ts';
import { featureDim, type ResNetConfig } from './resnet-config.ts';
import { initState, supervise, update } from './train-step.ts';
import type { Variables } from './variables.ts';

/** Arguments of `supervisedStep`: plain JSON. */
export interface SupervisedStepArgs {
  network: ResNetConfig;
  classes: number;
  optimizer: OptimizerConfig;
  /** Images a step. */
  batch: number;
  /** [h, w, channels]. */
  inputShape: [number, number, number];
  /** Decay of batch norm's moving averages. Default 0.9, the reference's. */
  bnMomentum?: number;
}

function initVariables({ network, classes }: SupervisedStepArgs, seed: number | undefined): Variables {
  const { params, stats } = initResNet(network, seed);
  return { params: { ...params, ...initSupervisedHead(classes, featureDim(network), seed).params }, stats };
}

/** The supervised step's state at step 0. */
export const initSupervisedState = (args: SupervisedStepArgs, seed: number): Tree =>
  initState(initVariables(args, seed), args);

/**
 * One step of supervised learning, the baseline of the paper's Tables 1, 7 and B.3: the same network under the supervised
 * head (tf2/model.py with train_mode finetune), one view an image. Inputs: `images` [n, h, w, c] in [0, 1]; `labels`
 * int32 [n]; `learningRate` []. Outputs, scalars: `supervisedLoss` (nats), `supervisedAcc`, `gradNorm` (before weight
 * decay).
 */
export function supervisedStep(args: SupervisedStepArgs): StepDefinition {
  const { network, batch, inputShape, bnMomentum } = args;
  const variables = initVariables(args, undefined);
  return {
    state: initState(variables, args),
    inputs: {
      images: { shape: [batch, ...inputShape], dtype: 'float32' },
      labels: { shape: [batch], dtype: 'int32' },
      learningRate: { shape: [], dtype: 'float32' },
    },
    step(state, { images, labels, learningRate }) {
      const moving = pick(state, Object.keys(variables.stats));
      let stats: Tensors = {};
      const { gradients, aux } = gradientsOf(pick(state, Object.keys(variables.params)), (params) => {
        const pass = applyResNet(network, params, moving, images!, { training: true, bnMomentum });
        stats = pass.stats;
        const metrics = supervise(params, pass.features, labels!);
        return { loss: metrics.supervisedLoss, aux: metrics };
      });
      const outputs = { ...aux, gradNorm: globalNorm(gradients) };
      return { state: update(args, state, gradients, stats, learningRate!), outputs };
    },
  };
}
