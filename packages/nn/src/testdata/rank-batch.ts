import type { addressed } from '@simclr/stage';
import type { TrainStepArgs } from '../definitions.ts';

/**
 * A rank's share of a batch, first views first, and its labels: noise about zero, of which both views of an image share
 * most. (Of images that are nearly alike batch norm makes what differs by rounding: gradients of one process, its images
 * in another order, then differ by 2e-5; of these by 4e-6.)
 */
export function batchOf(
  { batch, inputShape }: TrainStepArgs,
  random: typeof addressed,
  { rank, ranks }: { rank: number; ranks: number },
): { views: Float32Array; labels: Int32Array } {
  const size = inputShape.reduce((product, n) => product * n, 1);
  const own = batch / ranks;
  const views = new Float32Array(2 * own * size);
  for (let i = 0; i < own; i++) {
    const image = rank * own + i;
    for (const view of [0, 1]) {
      const [shared, noise] = [random(1, image), random(2, image, view)];
      for (let p = 0; p < size; p++)
        views[(view * own + i) * size + p] = 0.6 * (2 * shared.next() - 1) + 0.4 * (2 * noise.next() - 1);
    }
  }
  return { views, labels: Int32Array.from({ length: own }, (_, i) => (rank * own + i) % 3) };
}
