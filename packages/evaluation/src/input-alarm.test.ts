import { describe, expect, it } from 'vitest';
import { inputAlarm } from './input-alarm.ts';
import { BYTES, IMAGENET, tones, tonesEncoder, train } from './testing/tones.ts';

describe('an encoder of another program', () => {
  it('that is fed as it was trained raises no alarm', async () => {
    expect(await inputAlarm(tonesEncoder(IMAGENET), 'tones', train)).toEqual([]);
  });

  it('whose values saturate raises one, with what serves it better', async () => {
    const [flag, ...others] = await inputAlarm(tonesEncoder(BYTES), 'tones', train);
    expect(others).toEqual([]);
    expect(flag).toMatchObject({ kind: 'input-range', dataset: 'tones' });
    expect(flag!.message).toMatch(
      /^tones: with (values in (-1|0)\.\.1|ImageNet's mean and deviation) the encoder finds training images of the same class better /,
    );
  });

  it('that hardly minds is looked at closer', async () => {
    const shifted = tonesEncoder({ ...IMAGENET, mean: IMAGENET.mean.map((mean) => mean - 0.2) });
    expect(await inputAlarm(shifted, 'tones', tones(6, 1))).toEqual([]);
    const [flag] = await inputAlarm(shifted, 'tones', tones(12, 1));
    expect(flag!.message).toMatch(/^tones: with .* by 4\.\d standard errors \(average precision 4\d % against 3\d %\)/);
    expect(await inputAlarm(tonesEncoder(IMAGENET), 'tones', tones(12, 1))).toEqual([]);
  });

  it('is not looked at where it was pretrained here', async () => {
    expect(await inputAlarm(tonesEncoder(BYTES, false), 'tones', train)).toEqual([]);
  });
});
