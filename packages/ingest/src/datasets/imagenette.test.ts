import { afterEach, beforeEach, expect, it } from 'vitest';
import { Files, images, labelsOf, readSplits } from '../testdata/archives.ts';
import { imagenette } from './imagenette.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

it('imagenette: folders are the labels', async () => {
  files.pack('imagenette2.tgz', {
    'imagenette2/noisy_imagenette.csv': 'x',
    ...images(
      'imagenette2/train/n01440764/n01440764_1.JPEG',
      'imagenette2/train/n03888257/n03888257_1.JPEG',
      'imagenette2/val/n02102040/n02102040_9.JPEG',
    ),
  });
  const { classes, train, test } = await readSplits(imagenette, files.open());
  expect(classes).toHaveLength(10);
  expect(Object.values(labelsOf(train)).map((label) => classes[label as number])).toEqual(['tench', 'parachute']);
  expect(labelsOf(test)).toEqual({ 'n02102040/n02102040_9.JPEG': 1 });
});
