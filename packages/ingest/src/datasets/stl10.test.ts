import { afterEach, beforeEach, expect, it } from 'vitest';
import { Files, lines, pixelsOf, readSplits } from '../testdata/archives.ts';
import { stl10 } from './stl10.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

it('stl10: columns become rows, labels count from 1 on', async () => {
  const plane = 96 * 96;
  const image = (seed: number) => Buffer.from(Uint8Array.from({ length: 3 * plane }, (_, i) => (i * 7 + seed) % 256));
  const at = 'stl10_binary';
  files.pack('stl10_binary.tar.gz', {
    [`${at}/test_X.bin`]: image(5),
    [`${at}/test_y.bin`]: Buffer.of(10),
    [`${at}/train_X.bin`]: Buffer.concat([image(1), image(2)]),
    [`${at}/train_y.bin`]: Buffer.of(1, 3),
    [`${at}/unlabeled_X.bin`]: image(0),
    [`${at}/class_names.txt`]: lines(...'airplane bird car cat deer dog horse monkey ship truck'.split(' ')),
  });
  const { train, test } = await readSplits(stl10, files.open());
  expect([...train, ...test].map(({ label }) => label)).toEqual([0, 2, 9]);
  const [channel, x, y] = [2, 5, 90];
  expect(pixelsOf(train[1])[3 * (y * 96 + x) + channel]).toBe(((channel * plane + x * 96 + y) * 7 + 2) % 256);
});
