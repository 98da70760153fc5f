import { afterEach, beforeEach, expect, it } from 'vitest';
import { Files, images, labelsOf, lines, readSplits } from '../testdata/archives.ts';
import { pets } from './pets.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

it('pets: classes by number; what else lies among the images is passed over', async () => {
  files
    .pack('annotations.tar.gz', {
      'annotations/list.txt': lines('#Image CLASS-ID SPECIES BREED ID', 'Abyssinian_100 1 1 1'),
      'annotations/trainval.txt': lines('Abyssinian_100 1 1 1', 'american_bulldog_10 2 2 1', 'Egyptian_Mau_14 3 1 2'),
      'annotations/test.txt': lines('Egyptian_Mau_2 3 1 2'),
    })
    .pack(
      'images.tar.gz',
      images(
        'images/Abyssinian_100.jpg',
        'images/Abyssinian_100.mat',
        'images/american_bulldog_10.jpg',
        'images/Egyptian_Mau_14.jpg',
        'images/Egyptian_Mau_2.jpg',
      ),
    );
  const { classes, train, test } = await readSplits(pets, files.open());
  expect(classes).toEqual(['Abyssinian', 'american_bulldog', 'Egyptian_Mau']);
  expect(labelsOf(train)).toEqual({ 'Abyssinian_100.jpg': 0, 'american_bulldog_10.jpg': 1, 'Egyptian_Mau_14.jpg': 2 });
  expect(labelsOf(test)).toEqual({ 'Egyptian_Mau_2.jpg': 2 });
  // Names that moved against their numbers.
  files.pack('annotations.tar.gz', {
    'annotations/trainval.txt': lines('Abyssinian_100 1 1 1', 'american_bulldog_10 2 2 1'),
    'annotations/test.txt': lines('Abyssinian_101 2 1 1'),
  });
  await expect(readSplits(pets, files.open())).rejects.toThrow(
    'invalid pets: Abyssinian_101 is of class 2, which is american_bulldog. fetch its archives again',
  );
});
