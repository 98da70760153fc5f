import { relu, type TensorFlow, type Tensors } from '@simclr/tensorflow';
import { initialiser } from './initialisers.ts';
import { initBatchNorm, Layers, noVariables, type Variables } from './layers.ts';

type Tensor = TensorFlow.Tensor;

/** Projection head g (paper section 4.2; tf2/model.py ProjectionHead). */
export interface HeadConfig {
  /** `nonlinear`: dense + BN + ReLU layers, then dense + BN; `linear`: that last layer alone; `none`: the identity. */
  kind: 'nonlinear' | 'linear' | 'none';
  /** Dense layers of a nonlinear head: 2 in the paper, 3 in SimCLR v2. */
  layers: number;
  /** Dimension of z. */
  outDim: number;
}

const HEAD_STREAM = 2;

const layerCount = ({ kind, layers }: HeadConfig): number => ({ nonlinear: layers, linear: 1, none: 0 })[kind];

/** Initial variables: middle layers as wide as the input, no biases; the last batch norm has no beta. */
export function initHead(config: HeadConfig, inputDim: number, seed: number | undefined): Variables {
  const init = initialiser(seed, HEAD_STREAM);
  const variables = noVariables();
  const count = layerCount(config);
  for (let i = 0; i < count; i++) {
    const last = i === count - 1;
    const out = last ? config.outDim : inputDim;
    variables.params[`head/layer${i + 1}/kernel`] = init.dense([inputDim, out]);
    initBatchNorm(variables, `head/layer${i + 1}/bn`, out, !last);
  }
  return variables;
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
  training: boolean,
): { z: Tensor; hidden: Tensor[]; stats: Tensors } {
  const layers = new Layers(params, stats, training);
  const hidden = [h];
  const count = layerCount(config);
  for (let i = 1; i <= count; i++) {
    const y = layers.batchNorm(`head/layer${i}/bn`, layers.dense(`head/layer${i}`, hidden.at(-1)!));
    hidden.push(i === count ? y : relu(y));
  }
  return { z: hidden.at(-1)!, hidden, stats: layers.stats };
}
