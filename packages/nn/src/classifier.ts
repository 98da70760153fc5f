import type { StepDefinition, TensorFlow, Tensors } from '@simclr/tensorflow';
import { type HeadConfig, headLayerNumber, hiddenDim } from './head-config.ts';
import { applyHead, applySupervisedHead } from './heads.ts';
import { initHead, initSupervisedHead } from './init-heads.ts';
import { initResNet } from './init-resnet.ts';
import { applyResNet, type ResNetMode } from './resnet.ts';
import { featureDim, type ResNetConfig } from './resnet-config.ts';
import type { Variables } from './variables.ts';

/** An encoder under a supervised head. Plain JSON. */
export interface ClassifierArgs {
  network: ResNetConfig;
  classes: number;
  /** Projection head of the encoder, for a `headLayer` within it; none by default. */
  head?: HeadConfig | undefined;
  /**
   * What the supervised head gets (the reference's ft_proj_selector, a place in hiddens_list): 0, the default, the features
   * h, without any of the projection head; j the output of its layer j, after ReLU but for the last; −1 the last, z.
   * SimCLR fine-tunes from 0; SimCLR v2 from 1 of 3 layers. Layers after it are no part of the classifier.
   */
  headLayer?: number | undefined;
}

const NO_HEAD: HeadConfig = { kind: 'none', layers: 0, outDim: 1 };

const selected = ({ head = NO_HEAD, headLayer = 0 }: ClassifierArgs) => ({
  head,
  layer: headLayerNumber(head, headLayer),
});

/** Initial variables of encoder, projection head up to `headLayer`, and supervised head. Throws UserError for a layer that is not there. */
export function initClassifier(args: ClassifierArgs, seed: number | undefined): Variables {
  const { network, classes } = args;
  const { head, layer } = selected(args);
  const dim = featureDim(network);
  const parts = [
    initResNet(network, seed),
    initHead(head, dim, seed, layer),
    initSupervisedHead(classes, hiddenDim(head, dim, layer), seed),
  ];
  return {
    params: Object.assign({}, ...parts.map(({ params }) => params)),
    stats: Object.assign({}, ...parts.map(({ stats }) => stats)),
  };
}

/**
 * What the supervised head gets, [n, its dimension], and the new moving statistics of what trains.
 * @param images [n, h, w, channels] in [0, 1]
 */
export function supervisedHeadInputs(
  args: ClassifierArgs,
  params: Tensors,
  stats: Tensors,
  images: TensorFlow.Tensor,
  mode: ResNetMode,
): { hidden: TensorFlow.Tensor; stats: Tensors } {
  const { head, layer } = selected(args);
  const encoder = applyResNet(args.network, params, stats, images, mode);
  const projection = applyHead(head, params, stats, encoder.features, mode, layer);
  return { hidden: projection.hidden[layer]!, stats: { ...encoder.stats, ...projection.stats } };
}

/** Arguments of `classify`: plain JSON. */
export interface ClassifyArgs extends ClassifierArgs {
  /** [h, w, channels]. */
  inputShape: [number, number, number];
}

/**
 * A classifier in evaluation. Input: `images` [n, h, w, c] in [0, 1], any n. Output: `logits` [n, classes].
 * @traced
 */
export function classify(args: ClassifyArgs): StepDefinition {
  const { params, stats } = initClassifier(args, undefined);
  return {
    state: { ...params, ...stats },
    inputs: { images: { shape: [null, ...args.inputShape], dtype: 'float32' } },
    step(state, { images }) {
      const { hidden } = supervisedHeadInputs(args, state, state, images!, { training: false });
      return { outputs: { logits: applySupervisedHead(state, hidden) } };
    },
  };
}
