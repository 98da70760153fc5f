import type { Flag, ResultRow } from '@simclr/artifacts';
import { describe, expect, it } from 'vitest';
import type { FeatureSource } from '../feature-source.ts';
import { CLASSES, clouds, evaluate, images, kinds, several } from '../testing/clouds.ts';
import { flagBelowBaseline } from './below-baseline.ts';
import { flagClassOrder } from './class-order.ts';

/** Flags of an evaluation that is right but for the overrides. */
const flags = async (...wrong: Parameters<typeof evaluate>): Promise<Flag[]> => (await evaluate(...wrong)).flags;

const found = (kind: Flag['kind'], message: RegExp | string) => [
  { kind, dataset: expect.any(String), message: expect.stringMatching(message) },
];

describe('no alarm', () => {
  it.each([
    ['an encoder above its baselines', {}, {}],
    [
      'by every protocol, with draws',
      {},
      { protocols: ['linear', 'knn', 'ridge', 'few-shot'], labelFractions: [1, 0.1] },
    ],
    [
      'flowers as they are',
      {
        dataset: 'flowers',
        metric: 'mean-per-class' as const,
        splits: { train: split(1020), validation: split(1020), test: split(6149) },
      },
      {},
    ],
    ['a folder of one’s own called pets', { dataset: 'pets', splits: { train: split(900), test: split(300) } }, {}],
    ['images that are not known', { images: undefined }, {}],
  ])('for %s', async (_, overrides, config) => {
    expect(await flags(overrides, config)).toEqual([]);
  });
});

function split(rows: number) {
  return { rows, digest: 'a' };
}

describe('a flag', () => {
  it('for an encoder at or below the pixels, or the network untrained', async () => {
    expect(await flags({}, {}, kinds(0.1, 1))).toEqual(
      found(
        'below-baseline',
        /^at or below a baseline: linear on line gives \d\d\.\d % for the encoder, \d+\.\d % for pixels\. /,
      ),
    );
    expect(
      await flags(
        {},
        {},
        kinds(1, 1).map((set) => ({ ...set, train: clouds(200, 1), test: clouds(80, 2) })),
      ),
    ).toEqual(found('below-baseline', /^at or below a baseline: /));
  });

  it('for an encoder below the pixels on a share of the labels alone', async () => {
    const rows = [
      ['pretrained', 1, 0.9],
      ['pixels', 1, 0.8],
      ['pretrained', 0.1, 0.4],
      ['pretrained', 0.1, 0.6],
      ['pixels', 0.1, 0.3],
      ['pixels', 0.1, 0.75],
    ].map(
      ([features, labelFraction, score]) => ({ features, labelFraction, score, protocol: 'fine-tune' }) as ResultRow,
    );
    expect(flagBelowBaseline(rows, 'toy')).toEqual(
      found(
        'below-baseline',
        /^at or below a baseline: fine-tune on 10\.0 % of the labels of toy gives 50\.0 % for the encoder, 52\.5 % for pixels\. /,
      ),
    );
  });

  it('for an encoder below the pixels at the only share of the labels that there is', async () => {
    const rows = [
      ['pretrained', 'linear', 0.01, 0.2],
      ['pretrained', 'knn', 1, 0.6],
      ['pixels', 'linear', 0.01, 0.5],
      ['pixels', 'knn', 1, 0.3],
    ].map(([features, protocol, labelFraction, score]) => ({ features, protocol, labelFraction, score }) as ResultRow);
    expect(flagBelowBaseline(rows, 'toy')).toEqual(found('below-baseline', /: linear on 1\.0 % of the labels of toy /));
  });

  it('for test rows in training, and for those that a draw of labels took', async () => {
    const leaky = { train: images.train, test: [...images.test.slice(0, 78), ...images.train.slice(0, 2)] };
    const [shared, leak] = await flags(
      { images: leaky },
      { protocols: ['linear', 'few-shot'], fewShot: { shots: [50], draws: 1 } },
    );
    expect([shared]).toEqual(
      found(
        'train-test-duplicates',
        /^test rows in training: 2 of 80 test images of line are in train too, the same to the byte\. /,
      ),
    );
    expect([leak]).toEqual(
      found(
        'label-leak',
        /^labels leak: rows drawn of line are test images too: 2 of 200 \(few-shot, 50 a class, draw 0\)\. /,
      ),
    );
  });

  it('for rows of an official validation split in train or test', async () => {
    const sets = kinds(1, 0.2).map((set) => ({ ...set, validation: clouds(40, 5, set.kind === 'pixels' ? 0.2 : 1) }));
    const mixed = { ...images, validation: [...images.train.slice(0, 30), ...images.test.slice(0, 10)] };
    expect((await flags({ images: mixed }, {}, sets)).map(({ message }) => message)).toEqual([
      expect.stringMatching(/^test rows in training: 10 of 80 test images of line are in validation too/),
      expect.stringMatching(/^validation rows in training: 30 of 40 validation images of line are in train too/),
    ]);
  });

  it.each([
    ['all shifted by one', (label: number) => (label + 1) % 4],
    ['two exchanged', (label: number) => [1, 0, 2, 3][label]!],
  ])('for test labels in another order of the classes: %s', async (_, shift) => {
    const shifted = kinds(1, 0.2).map((set) => ({ ...set, test: { ...set.test, labels: set.test.labels.map(shift) } }));
    expect((await flags({}, {}, shifted)).filter(({ kind }) => kind === 'class-order')).toEqual(
      found(
        'class-order',
        /^class order shifted: test rows of line labelled ant look like (bee|dog) of train; in another order \d+\.\d % of them would be right, and not \d+\.\d %/,
      ),
    );
  });

  it.each([
    ['neighbours first, which choose nothing', { protocols: ['knn', 'linear'] }],
    ['a share of the labels alone', { protocols: ['linear'], labelFractions: [0.5] }],
  ])('for labels in another order, with %s', async (_, config) => {
    const shifted = kinds(1, 0.2).map((set) => ({
      ...set,
      test: { ...set.test, labels: set.test.labels.map((label) => (label + 1) % 4) },
    }));
    expect((await flags({}, config, shifted)).filter(({ kind }) => kind === 'class-order')).toHaveLength(1);
  });

  // A hundred classes of which one is mostly taken for its neighbour: a row-wise look at them found no order.
  it.each([
    ['is flagged where all are shifted by one', 1, 1],
    ['is no alarm where they are not', 0, 0],
  ])('for labels in another order, of an encoder that mistakes a class: %s', (_, shift, count) => {
    const labels = Int32Array.from({ length: 2000 }, (_, row) => row % 100);
    const predicted = Array.from(labels, (label, row) => {
      const place = Math.floor(row / 100) / 20;
      if (label === 7) return place < 0.45 ? 8 : 7;
      return place < 0.7 ? label : (label * 31 + row) % 100;
    });
    const shown = labels.map((label) => (label + shift) % 100);
    const top1 = predicted.filter((own, row) => own === shown[row]).length / 2000;
    const row = { top1, score: top1, validationScore: 0.7 } as ResultRow;
    const classes = Array.from({ length: 100 }, (_, label) => `c${label}`);
    const test = { features: new Float32Array(2000), labels: shown, dim: 1 };
    const about = { dataset: 'many', classes, severalLabels: false };
    expect(flagClassOrder(about, row, { predicted } as never, test)).toHaveLength(count);
  });

  it.each([
    [
      'flowers',
      'flowers',
      { train: split(6149), validation: split(1020), test: split(1020) },
      '6,149 rows in train and 1,020 in test; flowers has 1,020 and 6,149',
    ],
    [
      'flowers by any name, validation joined',
      'blossoms',
      { train: split(6149), test: split(2040) },
      '6,149 rows in train and 2,040 in test; flowers has 1,020 and 6,149',
    ],
    [
      'a tenth of food101',
      'food101',
      { train: split(2525), test: split(7575) },
      '2,525 rows in train and 7,575 in test',
    ],
  ])('for swapped splits: %s', async (_, dataset, splits, message) => {
    const swapped = (await flags({ dataset, splits })).filter(({ kind }) => kind === 'splits-swapped');
    expect(swapped).toEqual(found('splits-swapped', `^splits swapped: ${dataset} has ${message}`));
  });

  it('for a metric that is not the paper’s', async () => {
    expect(await flags({ dataset: 'pets', splits: { train: split(3680), test: split(3669) } })).toEqual(
      found('wrong-metric', /^wrong metric: pets is scored by top-1 here and by mean-per-class in the paper/),
    );
  });

  it('for options that this dataset leaves without effect', async () => {
    const sets = kinds(1, 0.2).map((set) => ({ ...set, validation: clouds(40, 5, set.kind === 'pixels' ? 0.2 : 1) }));
    expect(await flags({ images: undefined }, { validationFraction: 0.3 }, sets)).toEqual(
      found('ignored-option', /^ignored option: validationFraction on line, which has an official validation split/),
    );
  });

  it('that features carry is one of the results', async () => {
    const flag: Flag = { kind: 'input-range', dataset: 'line', message: 'images in 0..255: a' };
    expect(await flags({ flags: [flag] })).toEqual([flag]);
  });
});

describe('images of several classes', () => {
  const voc = (marked: number, overrides: Partial<FeatureSource> = {}, config: object = {}) => {
    const sets = kinds(1, 0.2).map((set) => ({
      ...set,
      train: several(set.train, 0),
      test: several(set.test, marked),
    }));
    const about = { dataset: 'voc2007', metric: '11-point-map', severalLabels: true } as const;
    return flags({ ...about, images: undefined, ...overrides }, config, sets);
  };

  it('raise no alarm where difficult objects are left out', async () => {
    expect(await voc(5)).toEqual([]);
    expect(await voc(5, { difficult: 5 })).toEqual([]);
    expect(await voc(0, { dataset: 'own' })).toEqual([]);
  });

  it('are flagged where difficult objects are counted, and where few-shot was asked for', async () => {
    const counted = /^difficult objects counted: 0 labels of test rows of voc2007 are 0 \(difficult\), /;
    expect(await voc(0)).toEqual(found('difficult-counted', counted));
    expect(await voc(3, { difficult: 5 })).toEqual(found('difficult-counted', /, the dataset has 5\. /));
    expect(await voc(5, {}, { protocols: ['linear', 'few-shot'] })).toEqual(
      found('ignored-option', /^ignored option: few-shot on voc2007, whose images are of several classes/),
    );
  });
});

describe('an error', () => {
  it('for another metric than the dataset’s, and none for its own', async () => {
    await expect(flags({ metric: 'mean-per-class' }, { metric: 'top-1' })).rejects.toThrow(
      'wrong metric: top-1 for line, which is scored by mean-per-class (section B.8). take metric out of the config: top-1 is given beside it',
    );
    expect(await flags({ metric: 'mean-per-class' }, { metric: 'mean-per-class' })).toEqual([]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('for features that are %d', async (value) => {
    const [own, pixels] = kinds(1, 0.2);
    const broken = { ...own!, test: { ...own!.test, features: own!.test.features.with(4 * 17 + 2, value) } };
    await expect(flags({}, {}, [broken, pixels!])).rejects.toThrow(
      `not finite: ${value} among the features (pretrained) of row 17 in test of line. is the encoder's training sound? `,
    );
  });

  it('for labels that are none of the classes', async () => {
    await expect(flags({ classes: CLASSES.slice(1) })).rejects.toThrow(
      /^wrong labels: label 3 in train of line\. expected one of 0\.\.2\. run /,
    );
    await expect(flags({ severalLabels: true, metric: '11-point-map' })).rejects.toThrow(
      /^wrong labels: .* in train of line\. expected for each class 1, 0 or -1\. run /,
    );
  });
});
