import { type Header, inWords, open, readHeader, type Size } from './header.ts';
import { endsPlainly } from './jpeg-end.ts';
import { tryByTensorFlow, worthTensorFlow } from './tensorflow.ts';

/** JPEG is decoded at 1/8, for which all of its data are read. */
const SMALLER = 8;

/** Images of 16 bits with nothing brighter than this hold 12 or fewer: the upper byte would be all but black. */
const BRIGHTEST_OF_12_BITS = (1 << 12) - 1;

/**
 * Decodes all of a file once: what passes is taken by `decode` and `squarePixels`.
 * @returns the size of the image as it is seen
 * @throws Error that says in words what is wrong with the file
 */
export async function checkImage(file: Uint8Array): Promise<Size> {
  const header = await readHeader(file);
  const { height, width } = header;
  if (worthTensorFlow(header) && (await decodes(file))) return { height, width };
  if (header.deep) await requireLight(file, header);
  else await decodeAll(file, header);
  if (header.way === 'jpeg' && !endsPlainly(file)) await requireJpeg(file);
  return { height, width };
}

async function decodes(file: Uint8Array): Promise<boolean> {
  return tryByTensorFlow(file).then(
    () => true,
    // Sharp says why.
    () => false,
  );
}

function decodeAll(file: Uint8Array, { height, width, format }: Header): Promise<unknown> {
  const [h, w] = [Math.ceil(height / SMALLER), Math.ceil(width / SMALLER)];
  return inWords(file, format, open(file, format).resize(w, h, { fit: 'fill', kernel: 'nearest' }).raw().toBuffer());
}

async function requireJpeg(file: Uint8Array): Promise<void> {
  try {
    await tryByTensorFlow(file);
  } catch {
    throw new Error('damaged JPEG: its data break off');
  }
}

async function requireLight(file: Uint8Array, { format }: Header): Promise<void> {
  const { channels } = await inWords(file, format, open(file, format).stats());
  const brightest = Math.max(...channels.slice(0, channels.length < 3 ? 1 : 3).map(({ max }) => max));
  if (brightest > BRIGHTEST_OF_12_BITS || brightest === 0) return;
  throw new Error(
    `values up to ${brightest} in 16 bits, of which the upper 8 would be all but black. stretch them to 0..65535, or convert it to 8 bits`,
  );
}
