import sharp from 'sharp';
import { expect, it } from 'vitest';
import { checkImage, squarePixels } from './index.ts';

/** More than those before which TensorFlow is loaded. */
const MANY = 520;

it('many small JPEGs give the pixels that the first gave, and damaged ones the same words', async () => {
  const kinds = [
    { channels: 3, progressive: false },
    { channels: 3, progressive: true },
    { channels: 1, progressive: false },
  ] as const;
  const files = await Promise.all(
    kinds.map(({ channels, progressive }, kind) => {
      const values = Uint8Array.from({ length: 32 * 32 * channels }, (_, i) => (i * i + 40 * kind) % 251);
      const image = sharp(values, { raw: { width: 32, height: 32, channels } });
      return (channels === 1 ? image.toColourspace('b-w') : image).jpeg({ progressive }).toBuffer();
    }),
  );
  const cut = files[0]!.subarray(0, 0.9 * files[0]!.length);
  const outcome = async () => [
    ...(await Promise.all(files.map((file) => squarePixels(file, 32).then((pixels) => Buffer.from(pixels))))),
    ...(await Promise.all(files.map((file) => checkImage(file)))),
    await checkImage(cut).catch((error: Error) => error.message),
  ];
  const first = await outcome();
  for (let i = 0; i < MANY; i++) await checkImage(files[0]!);
  expect(await outcome()).toEqual(first);
  expect(first.at(-1)).toBe('truncated JPEG: premature end of JPEG image');
});
