import { afterEach, beforeEach, expect, it } from 'vitest';
import { Files, images, labelsOf, readSplits } from '../testdata/archives.ts';
import { matFile } from '../testdata/mat.ts';
import { flowers } from './flowers.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

it('flowers: trains on the small part', async () => {
  files
    .put('imagelabels.mat', matFile({ labels: { bytes: [2, 1, 2, 1, 3] } }))
    .put(
      'setid.mat',
      matFile(
        { trnid: { doubles: [5, 1] }, valid: { doubles: [2] }, tstid: { doubles: [3, 4] } },
        { compressed: false },
      ),
    )
    .pack('102flowers.tgz', images(...[1, 2, 3, 4, 5].map((n) => `jpg/image_0000${n}.jpg`)));
  const { classes, train, validation, test } = await readSplits(flowers, files.open());
  expect(classes).toEqual(['1', '2', '3']);
  expect([train, validation, test].map(labelsOf)).toEqual([
    { 'image_00001.jpg': 1, 'image_00005.jpg': 2 },
    { 'image_00002.jpg': 0 },
    { 'image_00003.jpg': 1, 'image_00004.jpg': 0 },
  ]);
});
