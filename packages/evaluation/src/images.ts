import { resizeName } from '@simclr/artifacts';
import type { Encoder } from '@simclr/encoders';
import type { Encoded, Pixels } from '@simclr/shards';
import { availableCores } from '@simclr/tensorflow';
import { type EvaluationImages, evaluationImages, evaluationPolicy } from '@simclr/views';
import { fitImages } from './fit-images.ts';
import { requireColour } from './input-shape.ts';

/**
 * View policy by which the encoder sees images of any size, the same in every stage: of the dataset it was pretrained on
 * what `encoder.json` says (the reference shows the middle 0.875 of the shorter side), of any other the whole of it (section
 * B.8: the shorter side becomes 224 px, and the centre 224 × 224 is shown). What was stated holds for every dataset.
 */
export function imagePolicy(encoder: Pick<Encoder, 'preprocessing' | 'dataset' | 'stated'>, dataset: string): string {
  const how = encoder.preprocessing;
  return evaluationPolicy(how, encoder.stated || dataset === encoder.dataset ? how.crop : 1);
}

/**
 * A dataset's split as the encoder takes it: raw images are resized as a whole, of others the middle is shown, as
 * `imagePolicy` says; both as the encoder wants it.
 *
 * @throws UserError where files meet an encoder of grey images
 */
export function imagesFor(encoder: Encoder, dataset: string, images: Pixels | Encoded): EvaluationImages {
  if (images.shape) return fitImages(images, encoder.inputShape, resizeName(encoder.preprocessing));
  requireColour(dataset, encoder.inputShape);
  return evaluationImages(images, imagePolicy(encoder, dataset), availableCores());
}
