/**
 * Twelve mistakes that published evaluations were made with, each seeded once: what is refused, and what is flagged, in which
 * words. The tests beside the code that tells each look closer.
 */
import type { Flag, FlagKind } from '@simclr/artifacts';
import { examineGraph } from '@simclr/encoders';
import { memoryLog } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { ProbeConfig } from '../config.ts';
import { extractKinds } from '../extract-kinds.ts';
import { inputAlarm } from '../input-alarm.ts';
import { evaluate, images, kinds, several } from '../testing/clouds.ts';
import { flagsOf, numbers, waves } from '../testing/pictures.ts';
import { BYTES, IMAGENET, tonesEncoder, train } from '../testing/tones.ts';
import { requireUsed } from './require-used.ts';

/** Of an evaluation that is right but for the overrides. */
const flags = async (...wrong: Parameters<typeof evaluate>): Promise<Flag[]> => (await evaluate(...wrong)).flags;

const voc = { dataset: 'voc2007', metric: '11-point-map', severalLabels: true, images: undefined } as const;
const ofSeveral = (difficult: number) =>
  kinds(1, 0.2).map((set) => ({ ...set, train: several(set.train, 0), test: several(set.test, difficult) }));

const split = (rows: number) => ({ rows, digest: 'a' });
const leaky = { ...images, test: [...images.test.slice(2), ...images.train.slice(0, 2)] };

/** Batch norm by the moments of the batch, of the mean of each image. */
const batchNorm = {
  async run(values: Float32Array, [n = 1]: readonly number[]) {
    const per = values.length / n;
    const means = Array.from(
      { length: n },
      (_, i) => values.subarray(i * per, (i + 1) * per).reduce((a, b) => a + b) / per,
    );
    const mean = means.reduce((a, b) => a + b) / n;
    return { data: Float32Array.from(means, (value) => value - mean), shape: [n, 1] };
  },
  dispose() {},
};
const graph = {
  ...tonesEncoder(IMAGENET),
  featureDim: 1,
  input: { name: 'x', batch: null },
  output: { name: 'y', pool: [] },
};

/** The same encoder, which says that its weights are others in the end. */
async function trained(): Promise<void> {
  const encoder = { ...tonesEncoder(IMAGENET), currentDigest: async () => 'others' };
  const run = { name: 'tones', train, test: train, encoder, baselines: false, seed: 1, log: memoryLog() };
  for await (const _ of extractKinds(run));
}

const refused: [mistake: string, words: RegExp, run: () => unknown][] = [
  ['the backbone is trained', /^encoder changed during evaluation: .* became others/, trained],
  [
    'the backbone normalises by the batch',
    /^training mode: x\.onnx gives an image other features in another batch, /,
    () => examineGraph(graph as never, batchNorm, 'x.onnx'),
  ],
  [
    'the wrong metric of a dataset',
    /^wrong metric: top-1 for line, which is scored by mean-per-class /,
    () => flags({ metric: 'mean-per-class' }, { metric: 'top-1' }),
  ],
  [
    'an option that nothing reads',
    /^ignored option: fewShot of transfer has no effect: /,
    () => requireUsed(ProbeConfig.parse({ fewShot: { shots: [3] } }), 'transfer'),
  ],
];

const flagged: [mistake: string, kind: FlagKind, words: RegExp, run: () => Promise<Flag[]>][] = [
  [
    'the wrong input range',
    'input-range',
    /^tones: with .* the encoder finds training images of the same class better than as its preprocessing is stated/,
    () => inputAlarm(tonesEncoder(BYTES), 'tones', train),
  ],
  [
    'the wrong normalisation',
    'input-range',
    /^tones: with .* the encoder finds training images of the same class better than as its preprocessing is stated/,
    () => inputAlarm(tonesEncoder({ ...IMAGENET, mean: [-2, -2, -2] }), 'tones', train),
  ],
  [
    'few-shot draws that leak',
    'label-leak',
    /^labels leak: rows drawn of line are test images too: \d of 200 \(few-shot, 50 a class, draw 0\)/,
    () => flags({ images: leaky }, { protocols: ['linear', 'few-shot'], fewShot: { shots: [50], draws: 1 } }),
  ],
  [
    'test rows in training',
    'train-test-duplicates',
    /^test rows in training: 2 of 80 test images of line are in train too, the same to the byte/,
    () => flags({ images: leaky }),
  ],
  [
    'test rows in training, nearly the same',
    'near-duplicates',
    /^near-duplicates: 1 test images of toy, of 9, are nearly the same as one that is learned from/,
    async () => (await flagsOf(numbers(0, 8), [...numbers(20, 28), (x, y) => 1.1 * waves(3)(x, y)])).flags,
  ],
  [
    'the classes in another order',
    'class-order',
    /^class order shifted: test rows of line labelled ant look like (bee|dog) of train/,
    () =>
      flags(
        {},
        {},
        kinds(1, 0.2).map((set) => ({
          ...set,
          test: { ...set.test, labels: set.test.labels.map((label) => (label + 1) % 4) },
        })),
      ),
  ],
  [
    'difficult objects of VOC are counted',
    'difficult-counted',
    /^difficult objects counted: 0 labels of test rows of voc2007 are 0 /,
    () => flags(voc, {}, ofSeveral(0)),
  ],
  [
    'splits are swapped',
    'splits-swapped',
    /^splits swapped: flowers has 6,149 rows in train and 1,020 in test; flowers has 1,020 and 6,149/,
    () =>
      flags({
        dataset: 'flowers',
        metric: 'mean-per-class',
        splits: { train: split(6149), validation: split(1020), test: split(1020) },
      }),
  ],
];

describe('of twelve mistakes', () => {
  it('none is left out', () => expect(refused.length + flagged.length).toBe(12));

  it.each(refused)('%s is refused', async (_, words, run) => {
    await expect((async () => run())()).rejects.toThrow(words);
  });

  it.each(flagged)('%s is flagged: %s', async (_, kind, words, run) => {
    const found = (await run()).filter((flag) => flag.kind === kind);
    expect(found).toEqual([{ kind, dataset: expect.any(String), message: expect.stringMatching(words) }]);
  });
});

describe('no alarm', () => {
  it.each([
    ['for features that are right', () => flags()],
    ['for images of several classes, difficult ones left out', () => flags(voc, {}, ofSeveral(5))],
    ['for an encoder that is fed as it was trained', () => inputAlarm(tonesEncoder(IMAGENET), 'tones', train)],
    ['for images that are others', async () => (await flagsOf(numbers(0, 8), numbers(20, 28))).flags],
  ])('%s', async (_, run) => expect(await run()).toEqual([]));
});
