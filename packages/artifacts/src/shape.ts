import { z } from '@simclr/stage';

export const size = z.int().min(1);

/** Of an image: height, width, channels. */
export const Shape = z.tuple([size, size, size]);
