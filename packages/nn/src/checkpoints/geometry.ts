import { UserError } from '@simclr/stage';
import { hasStemPool, isBottleneck, type ResNetConfig, stemStrideOf } from '../resnet-config.ts';

/** ImageNet's mean and deviation of red, green and blue, which torchvision's networks want. */
export const IMAGENET_STATISTICS = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** What a network from PyTorch does that neither names nor shapes show. Features differ by some per cent. */
export interface Geometry {
  /** What the network wants its images normalised by. Default: ImageNet's for PyTorch's names, nothing for the reference's. */
  normalize?: ResNetConfig['normalize'] | 'none';
  /** Default: as PyTorch pads for its names, as TensorFlow for the reference's. */
  poolPadding?: ResNetConfig['poolPadding'];
  stemStride?: ResNetConfig['stemStride'];
  stemPadding?: ResNetConfig['stemPadding'];
  stemPool?: ResNetConfig['stemPool'];
  bottleneckStride?: ResNetConfig['bottleneckStride'];
}

/** One of these that nobody said: what was taken, and who has it otherwise. */
export interface Assumption {
  key: keyof Geometry;
  taken: string;
  otherwise: string;
}

/**
 * The architecture with its geometry as it was said, or as most have it.
 *
 * @param isTorch whether the network is PyTorch's; of the reference all is known
 * @throws UserError where the padding is as large as the kernel
 */
export function withGeometry(
  architecture: ResNetConfig,
  isTorch: boolean,
  said: Geometry,
): { architecture: ResNetConfig; assumed: Assumption[] } {
  const side = architecture.stem === 'cifar' ? 3 : 7;
  const { stemStride, stemPadding, stemPool, bottleneckStride } = said;
  if (stemPadding !== undefined && stemPadding >= side)
    throw new UserError(`invalid stem padding: ${stemPadding} of a ${side}×${side} kernel. allowed: 0 to ${side - 1}`);
  const normalize =
    said.normalize ?? (isTorch && architecture.channels === 3 ? IMAGENET_STATISTICS : ('none' as const));
  const poolPadding = said.poolPadding ?? (isTorch ? 'symmetric' : 'same');
  const stem: ResNetConfig = {
    ...architecture,
    ...(stemStride !== undefined && stemStride !== stemStrideOf(architecture) && { stemStride }),
    ...(stemPadding !== undefined && stemPadding !== (side - 1) / 2 && { stemPadding }),
    ...(stemPool !== undefined && stemPool !== hasStemPool(architecture) && { stemPool }),
  };
  const network: ResNetConfig = {
    ...stem,
    ...(isBottleneck(stem) && bottleneckStride === '1x1' && { bottleneckStride }),
    ...(normalize !== 'none' && { normalize }),
    ...(hasStemPool(stem) && poolPadding === 'symmetric' && { poolPadding }),
  };
  const assumed = isTorch ? assumptions(network).filter(({ key }) => said[key] === undefined) : [];
  return { architecture: network, assumed };
}

function assumptions(network: ResNetConfig): Assumption[] {
  const { stem, normalize, poolPadding = 'same' } = network;
  const isCifar = stem === 'cifar';
  const stride = stemStrideOf(network);
  const pool = hasStemPool(network);
  const list: Assumption[] = [
    {
      key: 'normalize',
      taken: normalize ? 'images less ImageNet’s mean, by its deviation' : 'images as they are',
      otherwise: normalize ? '--normalize none, or the means and deviations it was trained with' : '--normalize',
    },
    { key: 'stemStride', taken: `stem of stride ${stride}`, otherwise: `--stem-stride ${isCifar ? 2 : 1}` },
    {
      key: 'stemPadding',
      taken: `stem padded by ${isCifar ? 1 : 3}`,
      otherwise: isCifar ? '--stem-padding 2, as solo-learn’s for CIFAR' : '--stem-padding 0, 1 or 2',
    },
    {
      key: 'stemPool',
      taken: pool ? 'max pooling after it' : 'no max pooling after it',
      otherwise: `--stem-pool ${pool ? 'no' : 'yes'}`,
    },
  ];
  if (pool)
    list.push({
      key: 'poolPadding',
      taken: `pooling padded as ${poolPadding}`,
      otherwise: '--pool-padding same, if TensorFlow trained it',
    });
  if (isBottleneck(network))
    list.push({
      key: 'bottleneckStride',
      taken: 'stride on a bottleneck’s 3×3',
      otherwise: '--bottleneck-stride 1x1, as Caffe’s',
    });
  return list;
}
