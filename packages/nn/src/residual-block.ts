import { relu, type TensorFlow, tf } from '@simclr/tensorflow';
import type { Layers } from './layers.ts';
import { type Block, isBottleneck, type ResNetConfig } from './resnet-config.ts';
import { applySelectiveKernel } from './selective-kernel.ts';
import { applySqueezeExcitation } from './squeeze-excitation.ts';

type Tensor = TensorFlow.Tensor;

/** One block, post-activation, the stride on a bottleneck's 3×3 but where the config says otherwise (tf2/resnet.py ResidualBlock, BottleneckBlock). */
export function applyBlock(config: ResNetConfig, { name, stride, projection }: Block, layers: Layers, x: Tensor) {
  const { skRatio = 0, seRatio = 0 } = config;
  const shortcut = projection ? project(`${name}/shortcut`, stride, skRatio > 0, layers, x) : x;
  let main: Tensor;
  if (isBottleneck(config)) {
    const [first, second] = config.bottleneckStride === '1x1' ? [stride, 1] : [1, stride];
    main = relu(layers.convNorm(name, 1, x, first));
    if (skRatio > 0) main = applySelectiveKernel(layers, `${name}/sk`, main, second);
    else main = relu(layers.convNorm(name, 2, main, second));
    main = layers.convNorm(name, 3, main);
  } else {
    main = relu(layers.convNorm(name, 1, x, stride));
    main = layers.convNorm(name, 2, main);
  }
  if (seRatio > 0) main = applySqueezeExcitation(layers, `${name}/se`, main);
  return relu(tf.add(main, shortcut));
}

/** 1×1 convolution and batch norm; ResNet-D's, which goes with selective kernels, strides in a 2×2 mean before. */
function project(name: string, stride: number, meanPool: boolean, layers: Layers, x: Tensor): Tensor {
  if (!meanPool) return layers.convNorm(name, 1, x, stride);
  const strided = stride > 1;
  // fixed_padding of a 2×2 window: nothing before, one row and column after.
  const end: [number, number] = [0, 1];
  const padded = strided ? tf.pad(x, [[0, 0], end, end, [0, 0]]) : x;
  const pooled = tf.avgPool(padded as TensorFlow.Tensor4D, 2, stride, strided ? 'valid' : 'same');
  return layers.convNorm(name, 1, pooled);
}
