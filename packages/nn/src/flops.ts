import { planNetwork } from './conv-plan.ts';
import type { TrainStepArgs } from './definitions.ts';
import { layerCount } from './head-config.ts';
import { featureDim, type ResNetConfig } from './resnet-config.ts';
import { FEATURES_TAP, type Tap, tapGroup } from './tap-names.ts';

/**
 * Floating-point operations of the products in one train step: a multiply-add counts two; the backward pass costs twice
 * the forward pass, but for the first convolution, which needs no gradient of the images. What a step is measured by
 * against the machine's peak; batch norm and the like are left out, as is usual, and selective kernels and gates too.
 *
 * @param chunk pairs that go through the network at a time; a chunked step takes a forward pass more
 */
export function trainStepFlops({
  network,
  head,
  batch,
  inputShape,
  chunk,
}: TrainStepArgs & { chunk?: number | undefined }): number {
  const products = planNetwork(network, inputShape).convolutions.map(
    ({ size, from, to, positions }) => positions * size * size * from * to,
  );
  const stem = products[0]!;
  const rest = products.slice(1).reduce((sum, product) => sum + product, 0);
  const dim = featureDim(network);
  const layers = layerCount(head);
  const dense = layers === 0 ? 0 : (layers - 1) * dim * dim + dim * head.outDim;
  const views = 2 * batch;
  const similarity = views * (layers === 0 ? dim : head.outDim);
  const again = chunk === undefined ? 0 : stem + rest + dense;
  return 2 * views * (2 * stem + 3 * (rest + dense + similarity) + again);
}

/**
 * Floating-point operations of the convolutions for one image; null of networks with selective kernels or gates, whose own
 * products the plan does not know.
 *
 * @param tap up to which they are counted
 */
export function encoderFlops(
  network: ResNetConfig,
  inputShape: readonly number[],
  tap: Tap = FEATURES_TAP,
): number | null {
  if (network.skRatio || network.seRatio) return null;
  const { convolutions } = planNetwork(network, inputShape);
  const needed = convolutions.filter(({ group }) => group <= tapGroup(tap));
  return needed.reduce((sum, { size, from, to, positions }) => sum + 2 * positions * size * size * from * to, 0);
}
