import sharp from 'sharp';
import { expect, it } from 'vitest';
import { classHistogram } from './class-histogram.ts';
import { ContactSheet } from './contact-sheet.ts';

const colourAt = async (png: Buffer, left: number, top: number) => [
  ...(await sharp(png).removeAlpha().extract({ left, top, width: 1, height: 1 }).raw().toBuffer()),
];

it('shows a few images of each class, those for training', async () => {
  const sheet = new ContactSheet(['red & <b>', 'blue'], [2, 2, 3]);
  const pixels = (...rgb: number[]) => Uint8Array.from([...rgb, ...rgb, ...rgb, ...rgb]);
  sheet.add({ split: 'test', label: 0, pixels: pixels(0, 255, 0) });
  sheet.add({ split: 'train', label: 1, pixels: pixels(0, 0, 255) });
  for (let i = 0; i < 20; i++) sheet.add({ split: 'train', label: 0, pixels: pixels(255, 0, 0) });
  const png = await sheet.png();
  expect(await colourAt(png, 130, 20)).toEqual([255, 0, 0]);
  expect(await colourAt(png, 130, 72)).toEqual([0, 0, 255]);
});

it('draws as many images as there are, by split', async () => {
  const png = await classHistogram(
    ['a', 'b'],
    [
      ['train', [30, 10]],
      ['test', [0, 30]],
    ],
  );
  expect(await colourAt(png, 160, 40)).toEqual([0x3b, 0x6e, 0xa5]);
  expect(await colourAt(png, 600, 56)).toEqual([0xe0, 0x87, 0x2f]);
});
