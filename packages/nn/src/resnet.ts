import { maxPool, relu, type TensorFlow, type Tensors, tf } from '@simclr/tensorflow';
import { isFrozen, TRAIN_ALL } from './freezing.ts';
import { Layers, type Mode } from './layers.ts';
import { applyBlock } from './residual-block.ts';
import { hasDeepStem, hasStemPool, planBlocks, type ResNetConfig, stemStrideOf } from './resnet-config.ts';

type Tensor = TensorFlow.Tensor;

/** How batch norm works in the encoder. */
export interface ResNetMode extends Mode {
  /**
   * Where training starts, as the reference's fine_tune_after_block: after nothing (−1, the default), the stem (0), group
   * 1 to 4. What comes before is in inference mode, whatever `training` says: batch norm takes its moving statistics, and
   * they stay. That is tf2's way as its authors put it (tf2/resnet.py, the comment at `trainable`). In tf1 it is so at 4
   * alone; at 0 to 3 the batch norms of what is frozen take the batch's statistics, and their own go on moving.
   */
  fineTuneAfterBlock?: number | undefined;
}

export interface ResNetOutput {
  /** Features h: the global mean of the last group, [n, featureDim]. */
  features: Tensor;
  /** New moving statistics of what trains, by name; empty in evaluation. */
  stats: Tensors;
  /**
   * Activations, by the reference's names of them: `initial_conv` (before batch norm), `initial_max_pool` (after the stem),
   * `block_group1` to `block_group4`, `final_avg_pool` (the features); and after each residual block, by its name
   * (`group3/block2`). Of those that are not used a compiled graph has nothing.
   */
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
  mode: ResNetMode,
): ResNetOutput {
  const { fineTuneAfterBlock = TRAIN_ALL } = mode;
  const frozen = new Layers(params, stats, { training: false });
  const trained = new Layers(params, stats, mode);
  const layersOf = (name: string) => (isFrozen(name, fineTuneAfterBlock) ? frozen : trained);
  const layers = layersOf('stem/');
  const taps: Tensors = {};
  const { stemPadding: padding } = config;
  let h = layers.conv('stem/conv1', normalized(config, x), {
    stride: stemStrideOf(config),
    padding,
    inputGradient: false,
  });
  let last = 1;
  if (hasDeepStem(config)) {
    for (; last < 3; last++) {
      h = layers.conv(`stem/conv${last + 1}`, relu(layers.batchNorm(`stem/bn${last}`, h)));
    }
  }
  taps.initial_conv = h;
  h = relu(layers.batchNorm(`stem/bn${last}`, h));
  if (hasStemPool(config)) h = config.poolPadding === 'symmetric' ? maxPoolSymmetric(h) : maxPool(h, 3, 2);
  taps.initial_max_pool = h;
  for (const block of planBlocks(config)) {
    h = applyBlock(config, block, layersOf(block.name), h);
    taps[block.name] = h;
    taps[`block_${block.name.split('/')[0]}`] = h;
  }
  const features = tf.mean(h, [1, 2]);
  return { features, stats: trained.stats, taps: { ...taps, final_avg_pool: features } };
}

function normalized({ normalize }: ResNetConfig, x: Tensor): Tensor {
  return normalize ? tf.div(tf.sub(x, tf.tensor1d(normalize.mean)), tf.tensor1d(normalize.std)) : x;
}

/** 3×3, stride 2, padded by one on each side; zeros serve, since nothing is below them after a ReLU. */
function maxPoolSymmetric(x: Tensor): Tensor {
  const one: [number, number] = [1, 1];
  return tf.maxPool(tf.pad(x, [[0, 0], one, one, [0, 0]]) as TensorFlow.Tensor4D, 3, 2, 'valid');
}
