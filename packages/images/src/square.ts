import { inWords, readHeader } from './header.ts';
import { flat, rgb } from './rgb.ts';
import { decodeByTensorFlow, worthTensorFlow } from './tensorflow.ts';

/**
 * Decodes an image to a square: its shorter side is brought to `size`, and the centre cut out.
 * @returns uint8 RGB, [size, size, 3]
 * @throws Error that says in words what is wrong with the file
 */
export async function squarePixels(file: Uint8Array, size: number): Promise<Uint8Array> {
  const header = await readHeader(file);
  // Nothing to resize, and nothing to cut.
  if (header.height === size && header.width === size && worthTensorFlow(header)) {
    const pixels = await decodeByTensorFlow(file, { top: 0, left: 0, height: size, width: size }).catch(
      () => undefined,
    );
    if (pixels) return pixels;
  }
  const square = async () => {
    const image = await flat(file, header);
    return rgb(image.resize(size, size, { fit: 'cover', kernel: 'cubic' })).toBuffer();
  };
  return inWords(file, header.format, square());
}
