import { describe, expect, it } from 'vitest';
import { FinetuneConfig } from './config.ts';
import type { Data } from './data.ts';
import { fitsOf } from './fits.ts';
import { flagTraining } from './flag-training.ts';

const names = (split: string, rows: number) => Array.from({ length: rows }, (_, row) => `${split} ${row}`);
const split = (rows: number) => ({ rows, digest: 'a' });
const test = Int32Array.from({ length: 20 }, (_, row) => row % 2);

/** A dataset of 40 images and 20 to test on, right but for what is given. */
function flags(wrong: Partial<Data> = {}, changes: object = {}) {
  const config = FinetuneConfig.parse(changes);
  const labels = Int32Array.from({ length: 40 }, (_, row) => row % 2);
  const data = {
    ...{ name: 'toy', classes: ['a', 'b'], metric: 'top-1', severalLabels: false, official: undefined },
    train: { labels, rows: 40 } as Data['train'],
    labels: { width: 1, train: labels, test },
    splits: { train: split(40), test: split(20) },
    images: { train: names('train', 40), test: names('test', 20) },
    ...wrong,
  } as Data;
  return flagTraining(data, fitsOf(data, config, 7), config);
}

const found = (kind: string, message: RegExp) => ({ kind, dataset: 'toy', message: expect.stringMatching(message) });

describe('flagTraining', () => {
  it('raises no alarm where nothing is wrong', () => {
    expect(flags({}, { labelFractions: [1, 0.1], draws: 3 })).toEqual([]);
    expect(flags({}, { validationFraction: 0.2 })).toEqual([]);
  });

  it('tells of test images that are trained on, and of draws that have them', () => {
    const images = { train: [...names('test', 20), ...names('train', 20)], test: names('test', 20) };
    const shared = found(
      'train-test-duplicates',
      /^test rows in training: 20 of 20 test images of toy are in train too/,
    );
    expect(flags({ images })).toEqual([shared]);
    const leak =
      /^labels leak: rows drawn of toy are test images too: \d+ of 20 \(fine-tune, 0\.5 of the labels, draw 0\); \d+ of 20 \(fine-tune, 0\.5 of the labels, draw 1\)\. /;
    expect(flags({ images }, { labelFractions: [1, 0.5], draws: 2 })).toEqual([shared, found('label-leak', leak)]);
    // A listed share is all of train: nothing is drawn.
    expect(flags({ images }, { listedFraction: 0.1 })).toEqual([shared]);
  });

  it('tells of test images in an official validation split, which is trained on in the end', () => {
    const images = { train: names('train', 30), validation: names('test', 10), test: names('test', 20) };
    const splits = { train: split(30), validation: split(10), test: split(20) };
    const official = Uint32Array.from({ length: 10 }, (_, row) => 30 + row);
    expect(flags({ images, splits, official }, { validationFraction: 0.2 })).toEqual([
      found('train-test-duplicates', /10 of 20 test images of toy are in validation too/),
      found('ignored-option', /^ignored option: validationFraction on toy, which has an official validation split$/),
    ]);
  });

  it('tells of splits that are swapped, and of a metric that is not the paper’s', () => {
    const swapped = flags({ splits: { train: split(6149), test: split(1020) } });
    expect(swapped).toEqual([
      found('splits-swapped', /^splits swapped: toy has 6,149 rows in train and 1,020 in test; flowers/),
    ]);
    const pets = flags({ name: 'pets', splits: { train: split(3680), test: split(3669) } });
    expect(pets.map(({ kind }) => kind)).toEqual(['wrong-metric']);
  });

  it('tells where VOC has no difficult objects', () => {
    const voc = (marks: number) => {
      const labels = {
        width: 2,
        train: new Int32Array(80),
        test: Int32Array.from({ length: 40 }, (_, at) => (at < marks ? 0 : 1)),
      };
      const train = { labels: new Int32Array(40), targets: new Int8Array(80), rows: 40 } as unknown as Data['train'];
      return flags({ name: 'voc2007', metric: '11-point-map', severalLabels: true, labels, train });
    };
    expect(voc(0).map(({ kind }) => kind)).toEqual(['difficult-counted']);
    expect(voc(3)).toEqual([]);
  });
});
