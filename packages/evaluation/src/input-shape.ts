import { UserError } from '@simclr/stage';

type Shape = readonly [height: number, width: number, channels: number];

/**
 * Throws UserError where a dataset's images are not what the encoder takes.
 *
 * @param images null where they are files, which are brought to the encoder's size, in colour
 */
export function requireShape(dataset: string, images: Shape | null, encoder: Shape): void {
  if (images === null) requireColour(dataset, encoder);
  else if (String(images) !== String(encoder))
    throw new UserError(
      `shapes differ: ${dataset} is ${images.join('×')}, the encoder takes ${encoder.join('×')}. evaluate it in the stage transfer, which resizes`,
    );
}

/** Throws UserError where files, which are decoded to three channels, meet an encoder of grey images. */
export function requireColour(dataset: string, [, , channels]: Shape): void {
  if (channels === 3) return;
  throw new UserError(
    `channels differ: ${dataset} is decoded to 3, the encoder takes ${channels}. give ${dataset} a size in the stage ingest`,
  );
}
