import type { ImageShape } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import { type PolicyPair, pairShape, printPair } from '@simclr/views';

/** Px: on the way to its features a network halves a view three times or more. */
const SMALLEST = 8;

/** Shape of the views of a dataset. Throws UserError where a network cannot learn from such. */
export function trainingShape(pair: PolicyPair, images: { shape: ImageShape | null }, dataset: string): ImageShape {
  const shape = pairShape(pair, images);
  const [height, width, channels] = shape;
  if (channels !== 1 && channels !== 3)
    throw new UserError(`invalid dataset: ${dataset} has ${channels} channels. allowed: 1, 3`);
  if (Math.min(height, width) < SMALLEST)
    throw new UserError(
      `views too small: ${printPair(pair)} makes ${height}×${width} px of ${dataset}. at least ${SMALLEST}×${SMALLEST}. raise to= in augment.policy, or the dataset's size`,
    );
  return shape;
}
