import { maxPool, relu, type TensorFlow, type Tensors, tf } from '@simclr/tensorflow';
import { initialiser } from './initialisers.ts';
import { Layers, type Mode } from './layers.ts';
import { applyBlock, initBlock } from './residual-block.ts';
import { planBlocks, type ResNetConfig } from './resnet-config.ts';
import { VariableBuilder, type Variables } from './variables.ts';

type Tensor = TensorFlow.Tensor;

/** Stream of the encoder's initial draws. */
const ENCODER_STREAM = 1;

/** With selective kernels three 3×3 convolutions take the place of the ImageNet stem's 7×7 (ResNet-D). */
const hasDeepStem = ({ stem, skRatio = 0 }: ResNetConfig): boolean => stem === 'imagenet' && skRatio > 0;

/**
 * Initial variables in the reference's creation order. Without a seed all kernels are zero: for names and shapes alone.
 * Throws UserError for a depth that ResNets do not come in.
 */
export function initResNet(config: ResNetConfig, seed: number | undefined): Variables {
  const { width, channels, stem } = config;
  const variables = new VariableBuilder(initialiser(seed, ENCODER_STREAM));
  if (hasDeepStem(config)) {
    const half = Math.floor(width / 2);
    variables.convNorm('stem', 1, [3, 3, channels, half]);
    variables.convNorm('stem', 2, [3, 3, half, half]);
    variables.convNorm('stem', 3, [3, 3, half, width]);
  } else {
    const size = stem === 'cifar' ? 3 : 7;
    variables.convNorm('stem', 1, [size, size, channels, width]);
  }
  for (const block of planBlocks(config)) initBlock(config, block, variables);
  return { params: variables.params, stats: variables.stats };
}

export interface ResNetOutput {
  /** Features h: the global mean of the last group, [n, featureDim]. */
  features: Tensor;
  /** New moving statistics, by name; empty in evaluation. */
  stats: Tensors;
  /** Activations after the stem (`initial_conv` before batch norm, `initial_max_pool` after all of it) and after each group. */
  taps: Tensors;
}

/**
 * ResNet v1 as the reference has it (tf2/resnet.py).
 * @param x images [n, h, w, channels] in [0, 1]; no mean or deviation is taken off but where the config says so
 */
export function applyResNet(
  config: ResNetConfig,
  params: Tensors,
  stats: Tensors,
  x: Tensor,
  mode: Mode,
): ResNetOutput {
  const layers = new Layers(params, stats, mode);
  const taps: Tensors = {};
  let h = layers.conv('stem/conv1', normalized(config, x), config.stem === 'cifar' ? 1 : 2, false);
  let last = 1;
  if (hasDeepStem(config)) {
    for (; last < 3; last++) {
      h = layers.conv(`stem/conv${last + 1}`, relu(layers.batchNorm(`stem/bn${last}`, h)));
    }
  }
  taps.initial_conv = h;
  h = relu(layers.batchNorm(`stem/bn${last}`, h));
  if (config.stem === 'imagenet') h = config.poolPadding === 'symmetric' ? maxPoolSymmetric(h) : maxPool(h, 3, 2);
  taps.initial_max_pool = h;
  for (const block of planBlocks(config)) {
    h = applyBlock(config, block, layers, h);
    taps[`block_${block.name.split('/')[0]}`] = h;
  }
  return { features: tf.mean(h, [1, 2]), stats: layers.stats, taps };
}

function normalized({ normalize }: ResNetConfig, x: Tensor): Tensor {
  return normalize ? tf.div(tf.sub(x, tf.tensor1d(normalize.mean)), tf.tensor1d(normalize.std)) : x;
}

/** 3×3, stride 2, padded by one on each side; zeros serve, since nothing is below them after a ReLU. */
function maxPoolSymmetric(x: Tensor): Tensor {
  const one: [number, number] = [1, 1];
  return tf.maxPool(tf.pad(x, [[0, 0], one, one, [0, 0]]) as TensorFlow.Tensor4D, 3, 2, 'valid');
}
