import { afterEach, beforeEach, expect, it } from 'vitest';
import { Files, images, labelsOf, lines, readSplits } from '../testdata/archives.ts';
import { sun397 } from './sun397.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

it('sun397: classes of several levels, the first split', async () => {
  files
    .pack('Partitions.zip', {
      'ClassName.txt': lines('/a/abbey', '/c/church/indoor', '/c/church/outdoor'),
      'Training_01.txt': lines('/a/abbey/sun_a.jpg', '/c/church/outdoor/sun_b.jpg'),
      'Testing_01.txt': lines('/c/church/indoor/sun_c.jpg'),
      'Training_02.txt': lines('/a/abbey/sun_d.jpg'),
    })
    .pack(
      'SUN397.tar.gz',
      images(
        ...['a/abbey/sun_a', 'a/abbey/sun_d', 'c/church/indoor/sun_c', 'c/church/outdoor/sun_b'].map(
          (path) => `SUN397/${path}.jpg`,
        ),
      ),
    );
  const { classes, train, test } = await readSplits(sun397, files.open());
  expect(classes).toEqual(['abbey', 'church/indoor', 'church/outdoor']);
  expect(labelsOf(train)).toEqual({ 'a/abbey/sun_a.jpg': 0, 'c/church/outdoor/sun_b.jpg': 2 });
  expect(labelsOf(test)).toEqual({ 'c/church/indoor/sun_c.jpg': 1 });
});
