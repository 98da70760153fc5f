import { relu, type TensorFlow, type Tensors } from '@simclr/tensorflow';
import { type HeadConfig, hiddenDim, layerCount } from './head-config.ts';
import { initialiser } from './initialisers.ts';
import { Layers, type Mode } from './layers.ts';
import { VariableBuilder, type Variables } from './variables.ts';

export type { HeadConfig };

type Tensor = TensorFlow.Tensor;

/** Streams of the heads' initial draws; the encoder's is 1. */
const HEAD_STREAM = 2;
const SUPERVISED_HEAD_STREAM = 3;

/**
 * Initial variables: middle layers as wide as the input, no biases; the last batch norm has no beta.
 * @param upTo the layer up to which they are wanted; all by default
 */
export function initHead(
  config: HeadConfig,
  inputDim: number,
  seed: number | undefined,
  upTo = layerCount(config),
): Variables {
  const variables = new VariableBuilder(initialiser(seed, HEAD_STREAM));
  for (let i = 1; i <= upTo; i++) {
    const out = hiddenDim(config, inputDim, i);
    variables.dense(`head/layer${i}`, [inputDim, out]);
    variables.batchNorm(`head/layer${i}/bn`, out, { offset: i < layerCount(config) });
  }
  return { params: variables.params, stats: variables.stats };
}

/**
 * @param h features [n, inputDim]
 * @param upTo the layer up to which it is computed; all by default
 * @returns `hidden`: [h, output of layer 1, …, z], after ReLU but for z (the reference's hiddens_list); `z`: the last of
 * these, [n, outDim] where no layer was left out (h itself for `none`)
 */
export function applyHead(
  config: HeadConfig,
  params: Tensors,
  stats: Tensors,
  h: Tensor,
  mode: Mode,
  upTo = layerCount(config),
): { z: Tensor; hidden: Tensor[]; stats: Tensors } {
  const layers = new Layers(params, stats, mode);
  const hidden = [h];
  const last = layerCount(config);
  for (let i = 1; i <= upTo; i++) {
    const y = layers.batchNorm(`head/layer${i}/bn`, layers.dense(`head/layer${i}`, hidden.at(-1)!));
    hidden.push(i === last ? y : relu(y));
  }
  return { z: hidden.at(-1)!, hidden, stats: layers.stats };
}

const SUPERVISED = 'head_supervised/linear_layer';

/**
 * Variables of the supervised head (tf2/model.py SupervisedHead): a dense layer with bias. Its name keeps it out of
 * LARS's adaptation. Without a seed all are zero: the reference's zero_init_logits_layer, for fine-tuning.
 */
export function initSupervisedHead(classes: number, inputDim: number, seed: number | undefined): Variables {
  const variables = new VariableBuilder(initialiser(seed, SUPERVISED_HEAD_STREAM));
  variables.dense(SUPERVISED, [inputDim, classes], true);
  return { params: variables.params, stats: variables.stats };
}

/**
 * @param h features or an output of the projection head, [n, inputDim]
 * @returns logits [n, classes]
 */
export function applySupervisedHead(params: Tensors, h: Tensor): Tensor {
  return new Layers(params, {}, { training: false }).dense(SUPERVISED, h);
}
