import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Files, images, labelsOf, readSplits } from '../testdata/archives.ts';
import { caltech101 } from './caltech101.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

describe('caltech101', () => {
  const paths = ['BACKGROUND_Google', 'accordion', 'yin_yang'].flatMap((name) =>
    Array.from(
      { length: name === 'accordion' ? 33 : 31 },
      (_, i) => `101_ObjectCategories/${name}/image_${String(i + 1).padStart(4, '0')}.jpg`,
    ),
  );
  const put = (order: string[]) => {
    using inner = new Files().pack('inner.tar.gz', {
      ...images(...order),
      '101_ObjectCategories/BACKGROUND_Google/tmp': 'stray',
    });
    files.pack('caltech-101.zip', {
      'caltech-101/Annotations.tar': 'x',
      'caltech-101/101_ObjectCategories.tar.gz': readFileSync(inner.paths.get('inner.tar.gz')!),
    });
    return readSplits(caltech101, files.open());
  };

  it('is read within its archive, with clutter for a class, 30 of each to train on', async () => {
    const { classes, train, test } = await put(paths);
    expect(classes).toEqual(['BACKGROUND_Google', 'accordion', 'yin_yang']);
    expect([train.length, test.length]).toEqual([90, 5]);
    expect(Object.values(labelsOf(test)).sort()).toEqual([0, 1, 1, 1, 2]);
  });

  it('draws the same images however they are packed', async () => {
    const names = async (order: string[]) => Object.keys(labelsOf((await put(order)).test)).sort();
    expect(await names(paths.toReversed())).toEqual(await names(paths));
  });
});
