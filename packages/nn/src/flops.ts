import type { TrainStepArgs } from './definitions.ts';
import { featureDim, isBottleneck, planBlocks, type ResNetConfig } from './resnet-config.ts';

/** Multiply-adds of an image's convolutions: of the first one, and of the rest. Selective kernels and gates are not counted. */
function convolutions(config: ResNetConfig, [height, width]: readonly number[]): { stem: number; rest: number } {
  const half = (n: number) => Math.ceil(n / 2);
  let [h, w] = config.stem === 'cifar' ? [height!, width!] : [half(height!), half(width!)];
  const size = config.stem === 'cifar' ? 3 : 7;
  const stem = h * w * size * size * config.channels * config.width;
  if (config.stem === 'imagenet') [h, w] = [half(h), half(w)];
  let rest = 0;
  for (const { from, filters, out, stride, projection } of planBlocks(config)) {
    const before = h * w;
    if (stride === 2) [h, w] = [half(h), half(w)];
    const after = h * w;
    if (projection) rest += after * from * out;
    if (isBottleneck(config)) rest += before * from * filters + after * (9 * filters * filters + filters * out);
    else rest += after * 9 * filters * (from + filters);
  }
  return { stem, rest };
}

/**
 * Floating-point operations of the products in one train step: a multiply-add counts two; the backward pass costs twice
 * the forward pass, but for the first convolution, which needs no gradient of the images. What a step is measured by
 * against the machine's peak; batch norm and the like are left out, as is usual.
 */
export function trainStepFlops({ network, head, batch, inputShape }: TrainStepArgs): number {
  const { stem, rest } = convolutions(network, inputShape);
  const dim = featureDim(network);
  const layers = { nonlinear: head.layers, linear: 1, none: 0 }[head.kind];
  const dense = layers === 0 ? 0 : (layers - 1) * dim * dim + dim * head.outDim;
  const views = 2 * batch;
  const similarity = views * (layers === 0 ? dim : head.outDim);
  return 2 * views * (2 * stem + 3 * (rest + dense + similarity));
}
