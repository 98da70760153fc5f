import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Files, images, labelsOf, lines, readSplits } from '../testdata/archives.ts';
import { matFile } from '../testdata/mat.ts';
import { imagenet } from './imagenet.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

const one = (value: number) => ({ bytes: [value] });
const text = (value: string) => ({ text: value });

it('imagenet: a tar a class within a tar, classes in the order of synsets, not of the devkit', async () => {
  const synsets = { n02119789: [1, 'kit fox', 0], n01440764: [2, 'tench', 0], n00000001: [3, 'animal', 2] } as const;
  const inner = (name: string) => {
    using of = new Files().pack('of.tar', images(`${name}_10.JPEG`, `${name}_2.JPEG`));
    return readFileSync(of.paths.get('of.tar')!);
  };
  files
    .pack('ILSVRC2012_devkit_t12.tar.gz', {
      'ILSVRC2012_devkit_t12/data/meta.mat': matFile({
        synsets: {
          structs: {
            ILSVRC2012_ID: Object.values(synsets).map(([id]) => one(id)),
            WNID: Object.keys(synsets).map(text),
            words: Object.values(synsets).map(([, words]) => text(words)),
            num_children: Object.values(synsets).map(([, , children]) => one(children)),
          },
        },
      }),
      'ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt': lines('1', '2', '1'),
    })
    .pack('ILSVRC2012_img_train.tar', { 'n01440764.tar': inner('n01440764'), 'n02119789.tar': inner('n02119789') })
    .pack('ILSVRC2012_img_val.tar', images(...[1, 2, 3].map((n) => `ILSVRC2012_val_0000000${n}.JPEG`)));
  const { classes, train, test } = await readSplits(imagenet, files.open());
  expect(classes).toEqual(['tench', 'kit fox']);
  expect(labelsOf(train)).toEqual({
    'n01440764/n01440764_10.JPEG': 0,
    'n01440764/n01440764_2.JPEG': 0,
    'n02119789/n02119789_10.JPEG': 1,
    'n02119789/n02119789_2.JPEG': 1,
  });
  expect(Object.values(labelsOf(test))).toEqual([1, 0, 1]);
});
