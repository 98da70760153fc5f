import { hasStemPool, isBottleneck, planBlocks, type ResNetConfig, stemStrideOf } from './resnet-config.ts';

/** One convolution, and the batch norm that follows each. */
export interface PlannedConvolution {
  /** 0 in the stem, or the number of its group. */
  group: number;
  /** Side of the kernel. */
  size: number;
  /** Channels in and out. */
  from: number;
  to: number;
  /** Positions of the output, of one image. */
  positions: number;
  /** Positions of a padded copy of the input, of one image: of strided kernels wider than 1; else 0. */
  padded: number;
}

/** A network's layers as numbers. */
export interface NetworkPlan {
  /** In the reference's creation order, the stem first. */
  convolutions: PlannedConvolution[];
  /** Values of the ReLUs' outputs and of the pooled stem, of one image. */
  activated: number[];
}

/** The layers of a network for images [height, width]. Of selective kernels and gates it knows nothing. */
export function planNetwork(config: ResNetConfig, [height, width]: readonly number[]): NetworkPlan {
  const convolutions: PlannedConvolution[] = [];
  const activated: number[] = [];
  let [h, w] = [height!, width!];
  let group = 0;
  const half = (n: number) => Math.ceil(n / 2);
  const convolve = (size: number, from: number, to: number, stride: number) => {
    const edge = size - 1;
    const padded = stride > 1 && edge > 0 ? (h + edge) * (w + edge) : 0;
    const positions = stride > 1 ? half(h) * half(w) : h * w;
    convolutions.push({ group, size, from, to, positions, padded });
  };
  const shrink = (stride: number) => {
    if (stride > 1) [h, w] = [half(h), half(w)];
  };
  const activate = (channels: number) => void activated.push(h * w * channels);

  const stemStride = stemStrideOf(config);
  convolve(config.stem === 'imagenet' ? 7 : 3, config.channels, config.width, stemStride);
  shrink(stemStride);
  activate(config.width);
  if (hasStemPool(config)) {
    shrink(2);
    activate(config.width);
  }
  for (const { name, from, filters, out, stride, projection } of planBlocks(config)) {
    group = Number(name.slice('group'.length, name.indexOf('/')));
    if (projection) convolve(1, from, out, stride);
    if (isBottleneck(config)) {
      convolve(1, from, filters, 1);
      activate(filters);
    }
    const [into, last] = isBottleneck(config) ? [filters, 1] : [from, 3];
    convolve(3, into, filters, stride);
    shrink(stride);
    activate(filters);
    convolve(last, filters, out, 1);
    activate(out);
  }
  return { convolutions, activated };
}
