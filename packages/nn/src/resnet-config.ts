import { UserError } from '@simclr/stage';

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

/** The depths that ResNets come in. */
export const DEPTHS: readonly number[] = Object.keys(BLOCKS).map(Number);

export interface ResNetConfig {
  depth: number;
  /** Channels of the first group; doubled from group to group. The paper's 1× is 64, 2× 128, 4× 256. */
  width: number;
  /** `cifar`: 3×3, stride 1, no pooling; `imagenet`: 7×7, stride 2, then 3×3 max pooling, stride 2. */
  stem: 'cifar' | 'imagenet';
  /** Channels of the images. */
  channels: number;
  /** Selective kernels (SimCLR v2: 0.0625) in bottlenecks, with ResNet-D's shortcuts and ImageNet stem; none at 0, the default. */
  skRatio?: number | undefined;
  /** Squeeze and excitation at the end of each block, to this share (usually 0.25) of its inner filters; none at 0, the default. */
  seRatio?: number | undefined;
  /**
   * Mean and deviation of each channel, taken off the images before the first layer (networks from PyTorch want it);
   * neither by default, as in the reference. Images are in [0, 1] in either case.
   */
  normalize?: { mean: number[]; std: number[] } | undefined;
  /**
   * Padding of the ImageNet stem's pooling: `same`, TensorFlow's and the default, puts nothing before an even size;
   * `symmetric`, PyTorch's, one on each side.
   */
  poolPadding?: 'same' | 'symmetric' | undefined;
  /** Stride of the stem's convolution. Default: 1 in the CIFAR stem, 2 in the ImageNet stem. */
  stemStride?: number | undefined;
  /** Zeros on each side before the stem's convolution, below its kernel's size. Default: half the kernel, 1 or 3. */
  stemPadding?: number | undefined;
  /** Whether 3×3 max pooling, stride 2, follows the stem. Default: in the ImageNet stem. */
  stemPool?: boolean | undefined;
  /** Which kernel of a bottleneck has the stride. Default `3x3`, as the reference and torchvision; `1x1` as in He et al. 2015. */
  bottleneckStride?: '1x1' | '3x3' | undefined;
}

export const stemStrideOf = ({ stem, stemStride }: ResNetConfig): number => stemStride ?? (stem === 'cifar' ? 1 : 2);

export const hasStemPool = ({ stem, stemPool }: ResNetConfig): boolean => stemPool ?? stem === 'imagenet';

/** With selective kernels three 3×3 convolutions take the place of the ImageNet stem's 7×7 (ResNet-D). */
export const hasDeepStem = ({ stem, skRatio = 0 }: ResNetConfig): boolean => stem === 'imagenet' && skRatio > 0;

/** Epsilon of every batch norm in the reference. */
export const EPSILON = 1e-5;

/** One residual block's place in the network. */
export interface Block {
  name: string;
  /** Channels in. */
  from: number;
  /** Inner channels. */
  filters: number;
  /** Channels out: `filters`, or four times as many in a bottleneck. */
  out: number;
  stride: number;
  /** The first block of every group, the first group included, projects its shortcut. */
  projection: boolean;
}

export const isBottleneck = ({ depth }: ResNetConfig): boolean => depth >= 50;

const expansion = (config: ResNetConfig): number => (isBottleneck(config) ? 4 : 1);

/** A network's blocks, first to last. Throws UserError for a depth that ResNets do not come in. */
export function planBlocks(config: ResNetConfig): Block[] {
  const groups = BLOCKS[config.depth];
  if (!groups) throw new UserError(`invalid depth: ${config.depth}. allowed: ${DEPTHS.join(', ')}`);
  let from = config.width;
  return groups.flatMap((count, group) =>
    Array.from({ length: count }, (_, i): Block => {
      const filters = config.width * 2 ** group;
      const out = filters * expansion(config);
      const name = `group${group + 1}/block${i + 1}`;
      const block = { name, from, filters, out, stride: i === 0 && group > 0 ? 2 : 1, projection: i === 0 };
      from = out;
      return block;
    }),
  );
}

/** Dimension of the features h. */
export const featureDim = (config: ResNetConfig): number => config.width * 8 * expansion(config);
