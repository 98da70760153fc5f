import { afterEach, beforeEach, expect, it } from 'vitest';
import { Files, images, labelsOf, lines, readSplits } from '../testdata/archives.ts';
import { dtd } from './dtd.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

it('dtd: the first of ten splits', async () => {
  files.pack('dtd-r1.0.1.tar.gz', {
    ...images(
      ...['banded/banded_0002', 'banded/banded_0003', 'zigzagged/zigzagged_0001'].map(
        (path) => `dtd/images/${path}.jpg`,
      ),
    ),
    'dtd/imdb/imdb.mat': 'x',
    'dtd/labels/train1.txt': lines('banded/banded_0002.jpg'),
    'dtd/labels/val1.txt': lines('zigzagged/zigzagged_0001.jpg'),
    'dtd/labels/test1.txt': lines('banded/banded_0003.jpg'),
    'dtd/labels/train2.txt': lines('banded/banded_0003.jpg'),
  });
  const { classes, train, validation, test } = await readSplits(dtd, files.open());
  expect(classes).toEqual(['banded', 'zigzagged']);
  expect([train, validation, test].map(labelsOf)).toEqual([
    { 'banded/banded_0002.jpg': 0 },
    { 'zigzagged/zigzagged_0001.jpg': 1 },
    { 'banded/banded_0003.jpg': 0 },
  ]);
});
