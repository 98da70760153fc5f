import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Files, images, labelsOf, readSplits } from '../testdata/archives.ts';
import { matFile } from '../testdata/mat.ts';
import { cars } from './cars.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

const one = (value: number) => ({ bytes: [value] });
const text = (value: string) => ({ text: value });

describe('cars', () => {
  const annotations = (of: Record<string, number>) => {
    const box = Object.keys(of).map(() => ({ bytes: [1] }));
    return matFile({
      annotations: {
        structs: {
          bbox_x1: box,
          bbox_y1: box,
          bbox_x2: box,
          bbox_y2: box,
          class: Object.values(of).map(one),
          fname: Object.keys(of).map(text),
        },
      },
    });
  };
  const put = (train: Record<string, number>, test: Record<string, number>) =>
    files
      .pack('car_devkit.tgz', {
        'devkit/cars_meta.mat': matFile({
          class_names: { cells: ['AM General Hummer SUV 2000', 'smart fortwo'].map(text) },
        }),
        'devkit/cars_train_annos.mat': annotations(train),
      })
      .put('cars_test_annos_withlabels.mat', annotations(test))
      .pack('cars_train.tgz', images('cars_train/00001.jpg', 'cars_train/00002.jpg'))
      .pack('cars_test.tgz', images('cars_test/00001.jpg'));

  it('numbers classes from 1 on, and images of both splits alike', async () => {
    put({ '00001.jpg': 2, '00002.jpg': 1 }, { '00001.jpg': 1 });
    const { classes, train, test } = await readSplits(cars, files.open());
    expect(classes).toEqual(['AM General Hummer SUV 2000', 'smart fortwo']);
    expect(labelsOf(train)).toEqual({ 'cars_train/00001.jpg': 1, 'cars_train/00002.jpg': 0 });
    expect(labelsOf(test)).toEqual({ 'cars_test/00001.jpg': 0 });
  });

  it.each([0, 3])('refuses class %i', async (wrong) => {
    put({ '00001.jpg': wrong, '00002.jpg': 1 }, { '00001.jpg': 1 });
    await expect(readSplits(cars, files.open())).rejects.toThrow(
      `invalid cars: cars_train/00001.jpg is of class ${wrong - 1}, counted from 0. expected 0..1. fetch its archives again`,
    );
  });
});
