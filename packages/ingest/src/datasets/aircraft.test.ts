import { afterEach, beforeEach, expect, it } from 'vitest';
import { Files, images, labelsOf, lines, readSplits } from '../testdata/archives.ts';
import { aircraft } from './aircraft.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

it('aircraft: variants with spaces and slashes, an official validation split', async () => {
  const at = 'fgvc-aircraft-2013b/data';
  files.pack('fgvc-aircraft-2013b.tar.gz', {
    [`${at}/families.txt`]: lines('Boeing 707'),
    [`${at}/images_variant_train.txt`]: lines('0034309 707-320'),
    [`${at}/images_variant_val.txt`]: lines('0034310 F/A-18'),
    [`${at}/images_variant_test.txt`]: lines('0034311 Gulfstream IV', '0034312 707-320'),
    [`${at}/variants.txt`]: lines('707-320', 'F/A-18', 'Gulfstream IV'),
    ...images(...[0, 1, 2, 9, 3].map((n) => `${at}/images/003431${n}.jpg`), `${at}/images/0034309.jpg`),
  });
  const { classes, train, validation, test } = await readSplits(aircraft, files.open());
  expect(classes).toEqual(['707-320', 'F/A-18', 'Gulfstream IV']);
  expect(labelsOf(train)).toEqual({ '0034309.jpg': 0 });
  expect(labelsOf(validation)).toEqual({ '0034310.jpg': 1 });
  expect(labelsOf(test)).toEqual({ '0034311.jpg': 2, '0034312.jpg': 0 });
});
