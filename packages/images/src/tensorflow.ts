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
