import { relu, type TensorFlow, type Tensors } from '@simclr/tensorflow';
import { type HeadConfig, layerCount } from './head-config.ts';
import { initialiser } from './initialisers.ts';
import { Layers, type Mode } from './layers.ts';
import { VariableBuilder, type Variables } from './variables.ts';

export type { HeadConfig };

type Tensor = TensorFlow.Tensor;

/** Streams of the heads' initial draws; the encoder's is 1. */
const HEAD_STREAM = 2;
const SUPERVISED_HEAD_STREAM = 3;

/** Initial variables: middle layers as wide as the input, no biases; the last batch norm has no beta. */
export function initHead(config: HeadConfig, inputDim: number, seed: number | undefined): Variables {
  const variables = new VariableBuilder(initialiser(seed, HEAD_STREAM));
  const count = layerCount(config);
  for (let i = 0; i < count; i++) {
    const last = i === count - 1;
    const out = last ? config.outDim : inputDim;
    variables.dense(`head/layer${i + 1}`, [inputDim, out]);
    variables.batchNorm(`head/layer${i + 1}/bn`, out, { offset: !last });
  }
  return { params: variables.params, stats: variables.stats };
}

/**
 * @param h features [n, inputDim]
 * @returns `hidden`: [h, output of layer 1, …, z]; the last is z [n, outDim] (h itself for `none`)
 */
export function applyHead(
  config: HeadConfig,
  params: Tensors,
  stats: Tensors,
  h: Tensor,
  mode: Mode,
): { z: Tensor; hidden: Tensor[]; stats: Tensors } {
  const layers = new Layers(params, stats, mode);
  const hidden = [h];
  const count = layerCount(config);
  for (let i = 1; i <= count; i++) {
    const y = layers.batchNorm(`head/layer${i}/bn`, layers.dense(`head/layer${i}`, hidden.at(-1)!));
    hidden.push(i === count ? y : relu(y));
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

/** @param h features or an output of the projection head, [n, inputDim]; @returns logits [n, classes] */
export function applySupervisedHead(params: Tensors, h: Tensor): Tensor {
  return new Layers(params, {}, { training: false }).dense(SUPERVISED, h);
}
