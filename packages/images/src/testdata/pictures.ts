import { addressed, randomInt } from '@simclr/stage';
import sharp, { type Sharp } from 'sharp';

export const [HEIGHT, WIDTH] = [61, 83];

/** Noise over a slope: whatever is decoded otherwise shows. */
export function picture(channels: 1 | 3 | 4): Sharp {
  const random = addressed(channels);
  const pixels = Uint8Array.from({ length: HEIGHT * WIDTH * channels }, (_, i) => (i % 120) + randomInt(random, 130));
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels } });
}

export const FILES: [name: string, make: () => Sharp][] = [
  ['colour at half resolution (4:2:0)', () => picture(3).jpeg({ quality: 80 })],
  ['colour at full resolution (4:4:4)', () => picture(3).jpeg({ chromaSubsampling: '4:4:4' })],
  ['progressive', () => picture(3).jpeg({ progressive: true })],
  ['grey', () => picture(1).toColourspace('b-w').jpeg()],
  ['lying on its side', () => picture(3).jpeg().withMetadata({ orientation: 6 })],
  ['with a colour profile', () => picture(3).jpeg().withIccProfile('p3')],
  ['CMYK', () => picture(3).toColourspace('cmyk').jpeg()],
  ['CMYK lying on its side', () => picture(3).toColourspace('cmyk').jpeg().withMetadata({ orientation: 8 })],
  ['PNG', () => picture(4).png()],
  ['16-bit PNG', () => picture(4).toColourspace('rgb16').png()],
];
