import { UserError } from '@simclr/stage';
import { foreignEmbedder, type GraphInterface } from './foreign-embedder.ts';
import type { GraphSession } from './graph-session.ts';
import { probeImages } from './probe-images.ts';

/** Images that are looked at: enough for a batch's moments to differ from those of an image. */
const IMAGES = 4;
/** Of the largest feature: what different batches may change by rounding, and what they do not. */
const TOLERANCE = 1e-3;

/** The largest difference over the largest value. */
export function relativeDifference(a: Float32Array, b: Float32Array): number {
  const [most, worst] = a.reduce(
    ([scale, difference], value, i) => [
      Math.max(scale!, Math.abs(value)),
      Math.max(difference!, Math.abs(value - b[i]!)),
    ],
    [0, 0],
  );
  return most === 0 ? worst! : worst! / most!;
}

/**
 * Looks at what a graph makes of a few images: whether it is a function of each image alone, and features at all.
 *
 * @throws UserError where it is in training mode (dropout, batch norm by the moments of the batch), or its features are not
 * finite, or the same whatever it sees
 */
export async function examineGraph(info: GraphInterface, session: GraphSession, file: string): Promise<void> {
  const { embed, featureDim } = foreignEmbedder(info, session, IMAGES);
  const images = probeImages(IMAGES, info.inputShape);
  const size = images.length / IMAGES;
  const together = await embed(images);
  if (!together.every(Number.isFinite))
    throw new UserError(
      `no features: ${file} gives values that are not finite. check the preprocessing, and the export`,
    );
  const again = await embed(images);
  if (relativeDifference(together, again) > TOLERANCE)
    throw new UserError(
      `training mode: ${file} gives other features for the same images again, as with active dropout. export it in evaluation: model.eval()`,
    );
  // With others that repeat the first image, a batch has other moments.
  const first = images.subarray(0, size);
  const alone = (await embed(first)).subarray(0, featureDim);
  if (relativeDifference(together.subarray(0, featureDim), alone) > TOLERANCE)
    throw new UserError(
      `training mode: ${file} gives an image other features in another batch, as batch norm in training does. export it in evaluation: model.eval()`,
    );
  const last = together.subarray((IMAGES - 1) * featureDim);
  if (relativeDifference(together.subarray(0, featureDim), last) < 1e-6)
    throw new UserError(
      `no features: ${file} gives the same for different images. check the preprocessing (range, mean, std), and the output`,
    );
}
