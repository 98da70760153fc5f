import { parseConfig } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { FinetuneConfig } from './config.ts';
import { requireUsed } from './require-used.ts';

const use = (config: object) => requireUsed(parseConfig(FinetuneConfig, config, 'finetune', 'c.json'));
const grid = { learningRates: [0.1, 0.2], weightDecays: [0], steps: 10 };
const five = { learningRates: [1, 2, 3, 4, 5], weightDecays: [0], steps: 10 };
const FROZEN = { freeze: 'all' };
const FEW = { labelFractions: [0.1] };
const TUNED = { weights: ['pretrained'] };

describe('an option that no training reads', () => {
  it.each([
    [{ ...FROZEN, grid }, 'grid'],
    [{ ...FROZEN, gridFromRandom: grid }, 'gridFromRandom'],
    [{ ...FROZEN, ...FEW, fewLabels: { base: 1 } }, 'fewLabels'],
    [{ ...FROZEN, validationFraction: 0.2 }, 'validationFraction'],
    [{ ...FROZEN, abandon: { atSteps: [1] } }, 'abandon'],
    [{ linear: { epochs: 1 } }, 'linear'],
    [{ draws: 3 }, 'draws'],
    [{ listedFraction: 0.1, draws: 3 }, 'draws'],
    [{ fewLabels: { base: 1 } }, 'fewLabels'],
    [{ ...FEW, grid }, 'grid'],
    [{ listedFraction: 0.1, grid }, 'grid'],
    [{ ...FEW, validationFraction: 0.2 }, 'validationFraction'],
    [{ ...TUNED, gridFromRandom: grid }, 'gridFromRandom'],
    [{ weights: ['random-init'], grid }, 'grid'],
    [{ ...TUNED, grid: { ...grid, learningRates: [0.1] }, validationFraction: 0.2 }, 'validationFraction'],
    [{ abandon: { atSteps: [40_000, 50_000] } }, 'abandon'],
    [{ ...TUNED, abandon: { atSteps: [20_000] } }, 'abandon'],
    [{ ...TUNED, grid, abandon: { atSteps: [5] } }, 'abandon'],
  ])('is an error: %o', (config, key) => {
    expect(() => use(config)).toThrow(
      new RegExp(
        `^ignored option: ${key} of finetune has no effect: it is read by [^\\n]+, and freeze is .*\\. take it out$`,
      ),
    );
  });

  it('is told with all others, and with what leaves them unread', () => {
    expect(() => use({ ...FROZEN, ...TUNED, grid, fewLabels: { base: 1 }, linear: { base: 1 } })).toThrow(
      [
        'ignored option: grid of finetune has no effect: it is read by training on all labels from pretrained weights that are not all frozen, and freeze is all, weights are pretrained, labelFractions are 1. take it out',
        'ignored option: fewLabels of finetune has no effect: it is read by training on less than all labels of weights that are not all frozen, and freeze is all, weights are pretrained, labelFractions are 1. take it out',
      ].join('\n'),
    );
    expect(() => use({ listedFraction: 0.01, draws: 2 })).toThrow(', listedFraction is 0.01. take it out');
  });

  it.each([
    {},
    { grid, gridFromRandom: grid, validationFraction: 0.2 },
    { ...TUNED, labelFractions: [1, 0.1], draws: 2, grid, fewLabels: { batch: 64 } },
    { listedFraction: 0.01, fewLabels: { batch: 64 } },
    { ...FROZEN, ...FEW, draws: 2, linear: { epochs: 1 } },
    { freeze: 'group1', ...TUNED, grid },
    { ...TUNED, grid: five, abandon: { atSteps: [9, 10] } },
    { weights: ['random-init'], gridFromRandom: { ...grid, learningRates: [0.1] }, headLayer: 1 },
    // From random weights trainings are longer.
    { abandon: { atSteps: [30_000] } },
  ])('is none where one reads it: %o', (config) => {
    expect(() => use(config)).not.toThrow();
  });
});
