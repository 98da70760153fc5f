import { relu, type TensorFlow, type Tensors } from '@simclr/tensorflow';
import { type HeadConfig, layerCount, SUPERVISED_HEAD } from './head-config.ts';
import { Layers, type Mode } from './layers.ts';

export type { HeadConfig };

type Tensor = TensorFlow.Tensor;

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

/**
 * @param h features or an output of the projection head, [n, inputDim]
 * @returns logits [n, classes]
 */
export function applySupervisedHead(params: Tensors, h: Tensor): Tensor {
  return new Layers(params, {}, { training: false }).dense(SUPERVISED_HEAD, h);
}
