import { maxPool, relu, type TensorFlow, type Tensors, tf } from '@simclr/tensorflow';
import { initialiser } from './initialisers.ts';
import { initBatchNorm, initConv, Layers, noVariables, type Variables } from './layers.ts';

type Tensor = TensorFlow.Tensor;

/** Blocks a group, by depth (tf2/resnet.py; 10 is ours: one basic block a group). */
const BLOCKS: Record<number, readonly [number, number, number, number]> = {
  10: [1, 1, 1, 1],
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
  200: [3, 24, 36, 3],
};

export interface ResNetConfig {
  depth: number;
  /** Channels of the first group; doubled from group to group. The paper's 1× is 64, 2× 128, 4× 256. */
  width: number;
  /** `cifar`: 3×3, stride 1, no pooling; `imagenet`: 7×7, stride 2, then 3×3 max pooling, stride 2. */
  stem: 'cifar' | 'imagenet';
  /** Channels of the images. */
  channels: number;
}

interface Block {
  name: string;
  from: number;
  /** Inner channels; a bottleneck gives four times as many. */
  filters: number;
  stride: number;
  /** The first block of every group, the first group included, projects its shortcut. */
  projection: boolean;
}

const isBottleneck = ({ depth }: ResNetConfig): boolean => depth >= 50;

function blocks(config: ResNetConfig): Block[] {
  const groups = BLOCKS[config.depth];
  if (!groups) throw new Error(`invalid depth: ${config.depth}. allowed: ${Object.keys(BLOCKS).join(', ')}`);
  const expansion = isBottleneck(config) ? 4 : 1;
  let from = config.width;
  return groups.flatMap((count, group) =>
    Array.from({ length: count }, (_, i): Block => {
      const filters = config.width * 2 ** group;
      const block = {
        name: `group${group + 1}/block${i + 1}`,
        from,
        filters,
        stride: i === 0 && group > 0 ? 2 : 1,
        projection: i === 0,
      };
      from = filters * expansion;
      return block;
    }),
  );
}

/** Dimension of the features h. */
export function featureDim(config: ResNetConfig): number {
  return config.width * 8 * (isBottleneck(config) ? 4 : 1);
}

/** Stream of the encoder's initial draws. */
const ENCODER_STREAM = 1;

/**
 * Initial variables in the reference's creation order. The last gamma of each block starts at 0, so that a block starts
 * as its shortcut. Without a seed all kernels are zero: for names and shapes alone.
 */
export function initResNet(config: ResNetConfig, seed: number | undefined): Variables {
  const init = initialiser(seed, ENCODER_STREAM);
  const variables = noVariables();
  const convNorm = (name: string, n: number, shape: number[], gamma = 1) => {
    initConv(variables, init, `${name}/conv${n}`, shape);
    initBatchNorm(variables, `${name}/bn${n}`, shape.at(-1)!, true, gamma);
  };
  const stem = config.stem === 'cifar' ? 3 : 7;
  convNorm('stem', 1, [stem, stem, config.channels, config.width]);
  for (const { name, from, filters, projection } of blocks(config)) {
    const out = isBottleneck(config) ? 4 * filters : filters;
    if (projection) convNorm(`${name}/shortcut`, 1, [1, 1, from, out]);
    if (isBottleneck(config)) {
      convNorm(name, 1, [1, 1, from, filters]);
      convNorm(name, 2, [3, 3, filters, filters]);
      convNorm(name, 3, [1, 1, filters, out], 0);
    } else {
      convNorm(name, 1, [3, 3, from, filters]);
      convNorm(name, 2, [3, 3, filters, filters], 0);
    }
  }
  return variables;
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
 * ResNet v1 as the reference has it (tf2/resnet.py): post-activation, the stride on a bottleneck's 3×3.
 * @param x images [n, h, w, channels] in [0, 1]: no mean or deviation is taken off
 */
export function applyResNet(
  config: ResNetConfig,
  params: Tensors,
  stats: Tensors,
  x: Tensor,
  training: boolean,
): ResNetOutput {
  const layers = new Layers(params, stats, training);
  const taps: Tensors = {};

  const initial = layers.conv('stem/conv1', x, config.stem === 'cifar' ? 1 : 2, false);
  taps.initial_conv = initial;
  let h = relu(layers.batchNorm('stem/bn1', initial));
  if (config.stem === 'imagenet') h = maxPool(h, 3, 2);
  taps.initial_max_pool = h;

  for (const { name, stride, projection } of blocks(config)) {
    const shortcut = projection ? layers.convNorm(`${name}/shortcut`, 1, h, stride) : h;
    let main: Tensor;
    if (isBottleneck(config)) {
      main = relu(layers.convNorm(name, 1, h, 1));
      main = relu(layers.convNorm(name, 2, main, stride));
      main = layers.convNorm(name, 3, main, 1);
    } else {
      main = relu(layers.convNorm(name, 1, h, stride));
      main = layers.convNorm(name, 2, main, 1);
    }
    h = relu(tf.add(main, shortcut));
    taps[`block_${name.split('/')[0]}`] = h;
  }
  return { features: tf.mean(h, [1, 2]), stats: layers.stats, taps };
}
