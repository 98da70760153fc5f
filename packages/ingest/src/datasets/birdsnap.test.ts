import { afterEach, beforeEach, expect, it } from 'vitest';
import { Files, images, labelsOf, lines, readSplits } from '../testdata/archives.ts';
import { birdsnap } from './birdsnap.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

it('birdsnap: what is not there is listed; classes keep their numbers', async () => {
  files
    .pack('birdsnap.tgz', {
      'birdsnap/species.txt': lines(
        'id\tcommon\tscientific\tdir',
        '1\tAcadian Flycatcher\tx\tAcadian_Flycatcher',
        '2\tZebra\ty\tZebra',
      ),
      'birdsnap/images.txt': lines(
        'url\tmd5\tpath\tspecies_id\tbb_x1',
        'http://a/1\tx\tAcadian_Flycatcher/1.jpg\t1\t4',
        'http://a/2\tx\tZebra/2.jpg\t2\t4',
        'http://a/3\tx\tZebra/3.jpg\t2\t',
      ),
      'birdsnap/test_images.txt': lines('path', 'Zebra/2.jpg'),
    })
    .pack('birdsnap-images.tar', images('images/Zebra/2.jpg', 'images/Zebra/3.jpg', 'images/Zebra/99.jpg'));
  const { classes, train, test, missing } = await readSplits(birdsnap, files.open());
  expect(classes).toEqual(['Acadian Flycatcher', 'Zebra']);
  expect([train, test].map(labelsOf)).toEqual([{ 'Zebra/3.jpg': 1 }, { 'Zebra/2.jpg': 1 }]);
  expect(missing).toEqual([{ path: 'Acadian_Flycatcher/1.jpg', reason: 'not there' }]);
});
