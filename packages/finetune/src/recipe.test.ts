import { describe, expect, it } from 'vitest';
import { FinetuneConfig } from './config.ts';
import { batchNormMomentum, decayOf, recipeOf, settingName } from './recipe.ts';

const paper = FinetuneConfig.parse({});

describe('recipeOf', () => {
  it('is the grid of section B.8 for all labels', () => {
    const { settings, steps, batch, protocol } = recipeOf(paper, 'pretrained', 1, 50_000);
    expect([settings.length, steps, batch, protocol]).toEqual([56, 20_000, 256, 'fine-tune']);
    expect(paper.grid.learningRates).toEqual([1e-4, 0.000316228, 1e-3, 0.00316228, 0.01, 0.0316228, 0.1]);
    expect(paper.grid.weightDecays).toEqual([0, 1e-6, 3.16228e-6, 1e-5, 3.16228e-5, 1e-4, 0.000316228, 1e-3]);
  });

  it('has a grid of its own from random weights: twice the steps, higher rates, and always some decay', () => {
    const { settings, steps } = recipeOf(paper, 'random-init', 1, 50_000);
    expect([settings.length, steps]).toEqual([56, 40_000]);
    expect([settings[0], settings.at(-1)]).toEqual([
      { learningRate: 1e-3, weightDecay: 1e-5 },
      { learningRate: 1, weightDecay: 0.0316228 },
    ]);
  });

  it.each([
    [0.01, 12_811, 60, 188],
    [0.1, 128_116, 30, 939],
  ])('trains on %d of ImageNet as appendix B.5: a rate of 0.8 at 4096, %d rows, %d epochs', (fraction, rows, _, steps) => {
    expect(recipeOf(paper, 'pretrained', fraction, rows)).toEqual({
      ...{ protocol: 'fine-tune', steps, batch: 4096 },
      settings: [{ learningRate: 0.8, weightDecay: 0 }],
    });
  });

  it('takes the rows for a batch where they are fewer, and the rate that goes with it', () => {
    const { batch, settings, steps } = recipeOf(paper, 'pretrained', 0.01, 512);
    expect([batch, settings[0]!.learningRate, steps]).toEqual([512, 0.1, 60]);
    expect(recipeOf(paper, 'pretrained', 1, 100).batch).toBe(100);
  });

  it.each([1, 0.1])('with everything frozen is appendix B.6, of %d of the labels too', (fraction) => {
    const recipe = recipeOf({ ...paper, freeze: 'all' }, 'pretrained', fraction, 1_281_167);
    expect(recipe).toEqual({
      ...{ protocol: 'sgd', batch: 4096, steps: Math.ceil((90 * 1_281_167) / 4096) },
      settings: [{ learningRate: 1.6, weightDecay: 0 }],
    });
  });
});

it.each([
  ['Food-101', 75_750, 0.9662],
  ['CIFAR-10', 50_000, 0.9488],
  ['Birdsnap', 47_386, 0.946],
  ['Pets', 3680, 0.9],
])("batch norm's averages on %s decay as section B.8 has it", (_, rows, momentum) => {
  expect(batchNormMomentum(rows, 256)).toBeCloseTo(momentum, 4);
});

it('divides weight decay by the learning rate: a step takes it off a weight whatever the rate', () => {
  for (const learningRate of paper.grid.learningRates)
    expect(learningRate * decayOf({ learningRate, weightDecay: 1e-4 })).toBeCloseTo(1e-4, 12);
  expect(settingName({ learningRate: 0.0316228, weightDecay: 1e-6 })).toBe('lr_0.0316228_wd_0.000001');
});

describe('the config', () => {
  it.each([
    [{ freeze: 'group2' }, 'weights'],
    [{ listedFraction: 0.01, labelFractions: [0.1] }, 'labelFractions'],
    [{ labelFractions: [0.1, 0.1] }, 'labelFractions'],
    // Their networks would have one name: pretrained-12.5pct.
    [{ labelFractions: [0.125, 0.1254] }, 'labelFractions'],
    [{ weights: ['pretrained', 'pretrained'] }, 'weights'],
  ])('refuses what does not go together: %o', (config, key) => {
    expect(FinetuneConfig.safeParse(config).error?.issues[0]?.path).toEqual([key]);
  });
});
