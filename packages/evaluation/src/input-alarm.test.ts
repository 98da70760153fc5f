import { preprocessing } from '@simclr/artifacts';
import type { Encoder } from '@simclr/encoders';
import { addressed } from '@simclr/stage';
import type { EvaluationImages } from '@simclr/views';
import { describe, expect, it } from 'vitest';
import { inputAlarm } from './input-alarm.ts';

const CLASSES = 12;
const random = addressed(3);
const tones = Array.from({ length: CLASSES }, () => [random.next(), random.next(), random.next()]);
const labels = Int32Array.from({ length: 6 * CLASSES }, (_, i) => i % CLASSES);
/** Images of 2 × 2 px, of a tone for each class. */
const images = Float32Array.from({ length: labels.length * 12 }, (_, i) => {
  const tone = tones[labels[Math.floor(i / 12)]!]![i % 3]!;
  return Math.min(1, Math.max(0, tone + 0.1 * (random.next() - 0.5)));
});
const train: EvaluationImages = {
  shape: [2, 2, 3],
  rows: labels.length,
  labels,
  classes: [],
  async *batches(rows = new Uint32Array()) {
    for (const row of rows) yield images.subarray(12 * row, 12 * (row + 1));
  },
};

/** An encoder that wants values around 0, as ImageNet's statistics make them, and saturates beyond; stated as it is said. */
function encoder(stated: { range: [number, number]; mean: number[]; std: number[] }, imported = true): Encoder {
  const how = { ...preprocessing([2, 2, 3], 1, 'bicubic'), ...stated };
  return {
    inputShape: [2, 2, 3],
    preprocessing: how,
    stated: true,
    imported,
    featureDim: 12,
    dataset: 'imported',
    parameters: 0,
    flops: null,
    digest: '',
    currentDigest: async () => '',
    embed: async (given) =>
      given.map((value, i) => {
        const [black, white] = how.range;
        return Math.tanh((black + value * (white - black) - how.mean[i % 3]!) / how.std[i % 3]!);
      }),
    dispose() {},
  };
}

const imagenet = { range: [0, 1] as [number, number], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const bytes = { range: [0, 255] as [number, number], mean: [0, 0, 0], std: [1, 1, 1] };

describe('an encoder of another program', () => {
  it('that is fed as it was trained raises no alarm', async () => {
    expect(await inputAlarm(encoder(imagenet), 'tones', train)).toEqual([]);
  });

  it('whose values saturate raises one, with what serves it better', async () => {
    const [flag, ...others] = await inputAlarm(encoder(bytes), 'tones', train);
    expect(others).toEqual([]);
    expect(flag).toMatchObject({ kind: 'input-range', dataset: 'tones' });
    expect(flag!.message).toMatch(
      /^tones: with (values in (-1|0)\.\.1|ImageNet's mean and deviation) the encoder finds training images of the same class better /,
    );
  });

  it('is not looked at where it was pretrained here', async () => {
    expect(await inputAlarm(encoder(bytes, false), 'tones', train)).toEqual([]);
  });
});
