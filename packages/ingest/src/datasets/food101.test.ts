import { UserError } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Files, images, labelsOf, lines, readSplits } from '../testdata/archives.ts';
import { food101 } from './food101.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

describe('food101', () => {
  const meta = {
    'food-101/meta/classes.txt': lines('apple_pie', 'waffles'),
    'food-101/meta/train.txt': lines('apple_pie/1', 'apple_pie/2', 'waffles/7'),
    'food-101/meta/test.txt': lines('apple_pie/3', 'waffles/8'),
  };
  const photographs = images(
    ...['apple_pie/3', 'apple_pie/1', 'apple_pie/2', 'waffles/8', 'waffles/7', 'waffles/9'].map(
      (p) => `food-101/images/${p}.jpg`,
    ),
  );

  it('takes what its lists name, in the order of the archive', async () => {
    files.pack('food-101.tar.gz', { ...photographs, ...meta });
    const { classes, train, validation, test } = await readSplits(food101, files.open());
    expect(classes).toEqual(['apple_pie', 'waffles']);
    expect(labelsOf(train)).toEqual({ 'apple_pie/1.jpg': 0, 'apple_pie/2.jpg': 0, 'waffles/7.jpg': 1 });
    expect(labelsOf(test)).toEqual({ 'apple_pie/3.jpg': 0, 'waffles/8.jpg': 1 });
    expect(validation).toEqual([]);
    expect(train.map((row) => 'bytes' in row && Buffer.from(row.bytes).toString())).toEqual(
      ['apple_pie/1', 'apple_pie/2', 'waffles/7'].map((path) => `food-101/images/${path}.jpg`),
    );
  });

  it.each([
    [
      'a list that is missing',
      { 'food-101/meta/test.txt': undefined },
      /^incomplete archive: .* has no food-101\/meta\/test\.txt\. fetch it again$/,
    ],
    [
      'an image that is missing',
      { 'food-101/images/waffles/7.jpg': undefined },
      /^incomplete archive: 1 of 5 images are not in food-101\.tar\.gz, for example waffles\/7\.jpg\./,
    ],
    [
      'an image in both splits',
      { 'food-101/meta/test.txt': lines('apple_pie/1') },
      /^invalid food101: apple_pie\/1\.jpg is in train and in test\./,
    ],
    [
      'an image listed twice',
      { 'food-101/meta/test.txt': lines('waffles/8', 'waffles/8') },
      /^invalid food101: waffles\/8\.jpg is listed twice\./,
    ],
    [
      'a class that there is not',
      { 'food-101/meta/train.txt': lines('soup/1') },
      /^invalid food101: class "soup" is not among the 2\./,
    ],
  ])('refuses %s', async (_, change, words) => {
    const members = Object.entries({ ...meta, ...photographs, ...change }).filter(
      ([, content]) => content !== undefined,
    );
    files.pack('food-101.tar.gz', Object.fromEntries(members) as Record<string, string>);
    const read = readSplits(food101, files.open());
    await expect(read).rejects.toThrow(UserError);
    await expect(read).rejects.toThrow(words);
  });
});
