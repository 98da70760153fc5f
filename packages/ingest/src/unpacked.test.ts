import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openArchives } from './archives.ts';
import type { Dataset } from './dataset.ts';
import { caltech101 } from './datasets/caltech101.ts';
import { cars } from './datasets/cars.ts';
import { food101 } from './datasets/food101.ts';
import { imagenet } from './datasets/imagenet.ts';
import { voc2007 } from './datasets/voc2007.ts';
import { fetchFiles, filesThere } from './fetch-files.ts';
import { topsOf } from './read-known.ts';
import { Files, images, labelsOf, lines, readSplits } from './testdata/archives.ts';
import { matFile } from './testdata/mat.ts';

let files: Files;
let told: string[];
beforeEach(() => {
  files = new Files();
  told = [];
});
afterEach(() => files[Symbol.dispose]());

const text = (value: string) => ({ text: value });
const one = (value: number) => ({ bytes: [value] });

/** What is read of a dataset from a folder. */
async function read(dataset: Dataset, from: string) {
  const options = { from, folders: [], cache: join(files.folder, 'cache'), python: 'python3' };
  const info = (line: string) => void told.push(line);
  const paths = await fetchFiles(filesThere(dataset, [from]), { ...options, info });
  const { classes, train, validation, test } = await readSplits(
    dataset,
    openArchives(paths, { tops: topsOf(dataset) }),
  );
  return { classes, train: labelsOf(train), validation: labelsOf(validation), test: labelsOf(test) };
}
/** Unpacks what was packed, into a folder of its own. */
function unpack(...names: string[]): string {
  const folder = join(files.folder, 'unpacked');
  mkdirSync(folder, { recursive: true });
  for (const name of names) execFileSync('tar', ['xf', join(files.folder, name), '-C', folder]);
  return folder;
}

describe('a published dataset that is unpacked', () => {
  it('is read from the folder around it, from itself, and whatever it is called', async () => {
    files.pack('food-101.tar.gz', {
      'food-101/meta/classes.txt': lines('pizza', 'sushi'),
      'food-101/meta/train.txt': lines('pizza/1', 'sushi/2'),
      'food-101/meta/test.txt': lines('sushi/3'),
      ...images('food-101/images/pizza/1.jpg', 'food-101/images/sushi/2.jpg', 'food-101/images/sushi/3.jpg'),
    });
    const folder = unpack('food-101.tar.gz');
    const expected = {
      classes: ['pizza', 'sushi'],
      train: { 'pizza/1.jpg': 0, 'sushi/2.jpg': 1 },
      validation: {},
      test: { 'sushi/3.jpg': 1 },
    };
    expect(await read(food101, folder)).toEqual(expected);
    expect(await read(food101, join(folder, 'food-101'))).toEqual(expected);
    renameSync(join(folder, 'food-101'), join(folder, 'dishes'));
    expect(await read(food101, join(folder, 'dishes'))).toEqual(expected);
    expect(told.at(-1)).toBe(
      `food-101.tar.gz: from ${folder}/dishes, unpacked: no checksum tells that it is as published`,
    );
    rmSync(join(folder, 'dishes/images/sushi'), { recursive: true });
    await expect(read(food101, join(folder, 'dishes'))).rejects.toThrow(
      /^incomplete archive: 2 of 3 images are not in/,
    );
    await expect(read(food101, join(folder, 'nowhere'))).rejects.toThrow(UserError);
  });

  it('is ImageNet with a folder for each class, those of the validation too or not', async () => {
    const synsets = {
      ILSVRC2012_ID: [one(1), one(2)],
      WNID: ['n02', 'n01'].map(text),
      words: ['dog', 'cat'].map(text),
      num_children: [one(0), one(0)],
    };
    files
      .pack('ILSVRC2012_devkit_t12.tar.gz', {
        'ILSVRC2012_devkit_t12/data/meta.mat': matFile({ synsets: { structs: synsets } }),
        'ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt': lines('1', '2'),
      })
      .pack('all.tar', {
        ...images('train/n01/n01_1.JPEG', 'train/n02/n02_1.JPEG'),
        ...images('val/n02/ILSVRC2012_val_00000001.JPEG', 'val/ILSVRC2012_val_00000002.JPEG'),
      });
    expect(await read(imagenet, unpack('ILSVRC2012_devkit_t12.tar.gz', 'all.tar'))).toEqual({
      classes: ['cat', 'dog'],
      train: { 'n01/n01_1.JPEG': 0, 'n02/n02_1.JPEG': 1 },
      validation: {},
      test: { 'ILSVRC2012_val_00000001.JPEG': 1, 'ILSVRC2012_val_00000002.JPEG': 0 },
    });
  });

  it('is VOC in one folder of two archives, and Caltech-101 with its inner archive unpacked too', async () => {
    const xml = '<annotation><object><name>dog</name><difficult>0</difficult></object></annotation>';
    const voc = 'VOCdevkit/VOC2007';
    const of = (split: string, id: string) => ({
      [`${voc}/ImageSets/Main/${split}.txt`]: lines(id),
      [`${voc}/Annotations/${id}.xml`]: xml,
      ...images(`${voc}/JPEGImages/${id}.jpg`),
    });
    files.pack('voc.tar', { ...of('train', '1'), ...of('val', '2'), ...of('test', '3') });
    files.pack(
      'caltech.tar',
      images('101_ObjectCategories/ant/image_0001.jpg', '101_ObjectCategories/bee/image_0001.jpg'),
    );
    const folder = unpack('voc.tar', 'caltech.tar');
    const found = await read(voc2007, folder);
    expect([found.train, found.validation, found.test].map((rows) => Object.keys(rows))).toEqual([
      ['1.jpg'],
      ['2.jpg'],
      ['3.jpg'],
    ]);
    expect((await read(caltech101, folder)).train).toEqual({ 'ant/image_0001.jpg': 0, 'bee/image_0001.jpg': 1 });
  });
});

it('cars are read of the two files that hold all of them', async () => {
  const structs = {
    relative_im_path: ['car_ims/000001.jpg', 'car_ims/000002.jpg', 'car_ims/000003.jpg'].map(text),
    class: [2, 1, 2].map(one),
    test: [0, 0, 1].map(one),
  };
  const names = { cells: ['smart', 'audi'].map(text) };
  files
    .put('cars_annos.mat', matFile({ annotations: { structs }, class_names: names }))
    .pack('car_ims.tgz', images(...structs.relative_im_path.map((path) => path.text)));
  expect(readdirSync(files.folder).sort()).toEqual(['car_ims.tgz', 'cars_annos.mat']);
  expect(await read(cars, files.folder)).toEqual({
    classes: ['smart', 'audi'],
    train: { 'car_ims/000001.jpg': 1, 'car_ims/000002.jpg': 0 },
    validation: {},
    test: { 'car_ims/000003.jpg': 1 },
  });
});
