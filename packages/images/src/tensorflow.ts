import type { Header } from './header.ts';

/** A rectangle of an image, px, as sharp's `extract` takes it. */
export interface Window {
  top: number;
  left: number;
  height: number;
  width: number;
}

/**
 * A part of an upright JPEG, by TensorFlow.
 * @throws Error, which says nothing of the reason
 */
export async function decodeByTensorFlow(file: Uint8Array, { top, left, ...size }: Window): Promise<Uint8Array> {
  const { decodeJpeg } = await import('@simclr/tensorflow');
  return decodeJpeg(file, { y: top, x: left, ...size });
}

/** Decodes all of a JPEG. @throws Error, which says nothing of the reason */
export async function tryByTensorFlow(file: Uint8Array): Promise<void> {
  const { tryJpeg } = await import('@simclr/tensorflow');
  tryJpeg(file);
}

/** Pixels of an image that TensorFlow decodes in less time than sharp needs to begin: 0.1 ms, against 1.8. */
const SMALL = 2 ** 15;
/** Loading TensorFlow takes as long as so many small images. */
const MANY = 500;
let met = 0;

/** Whether it is a small JPEG, of which there were many: either decoder gives the same. */
export function worthTensorFlow({ way, height, width }: Pick<Header, 'way' | 'height' | 'width'>): boolean {
  return way === 'jpeg' && height * width <= SMALL && ++met > MANY;
}
