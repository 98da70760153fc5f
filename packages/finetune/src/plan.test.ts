import { parseConfig, type StagePlan, soleInputs } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { FinetuneConfig } from './config.ts';
import planFinetune from './plan.ts';

const plan = (
  config: object,
  shape: readonly [number, number, number] | null = [32, 32, 3],
  train?: number,
  channels = 3,
) =>
  planFinetune(
    parseConfig(FinetuneConfig, config, 'finetune', 'c.json'),
    soleInputs({
      dataset: { plan: { facts: {}, datasets: { cifar10: { shape, train } } } },
      encoder: {
        plan: {
          facts: {},
          encoder: {
            dataset: 'cifar10',
            inputShape: [32, 32, channels],
            network: { depth: 18, width: 64, stem: 'cifar', channels },
          },
        },
      },
    }),
  ).facts;

describe('planFinetune', () => {
  it('counts trainings and their cost', () => {
    const facts = plan({}, [32, 32, 3], 50_000);
    expect(facts).toMatchObject({
      dataset: 'cifar10',
      trainings: '57 of 20,000 steps of 256, 57 of 40,000 steps of 256',
      steps: 57 * 60_000,
    });
    // Three passes of 0.56 G multiply-adds an image.
    expect(Number(facts['GFLOP a step']) / (256 * 6 * 0.56)).toBeCloseTo(1, 1);
    expect(Number(facts['hours at 1 TFLOP/s']) / ((57 * 60_000 * 256 * 6 * 0.56) / 1e3 / 3600)).toBeCloseTo(1, 1);
    expect(facts).not.toHaveProperty('unlike the paper');
    // What is frozen has a forward pass alone.
    const frozen = plan({ freeze: 'all', linear: { batch: 256 } }, [32, 32, 3], 50_000);
    expect(Number(facts['GFLOP a step']) / Number(frozen['GFLOP a step'])).toBeCloseTo(3, 1);
  });

  it('says what is not as in the paper', () => {
    const { 'unlike the paper': unlike, trainings } = plan(
      { grid: { steps: 10 }, abandon: { atSteps: [5] }, labelFractions: [1, 0.01], weights: ['pretrained'] },
      [32, 32, 3],
      50_000,
    );
    expect(unlike).toBe('grid, abandon');
    expect(trainings).toBe('57 of 10 steps of 256, 1 of 60 steps of 500');
  });

  it('names of what is used alone that it is not as in the paper, and refuses the rest, with other mistakes', () => {
    expect(plan({ freeze: 'all', linear: { epochs: 9 } })).toMatchObject({ 'unlike the paper': 'linear' });
    const mistakes = { freeze: 'all', grid: { steps: 10 }, draws: 2, dataset: 'digits' };
    expect(() => plan(mistakes)).toThrow(
      /^ignored option: grid of finetune .*\nignored option: draws of finetune .*\nunknown dataset: digits\. .*$/,
    );
  });

  it('of a graph of another program says that it is not fine-tuned', () => {
    const dataset = { plan: { facts: {}, datasets: { pets: { shape: null, train: 9 } } } };
    const encoder = { plan: { facts: {}, encoder: { dataset: 'imported', inputShape: [8, 8, 3] as const } } };
    const inputs = soleInputs<{ plan: StagePlan }>({ dataset, encoder });
    const { facts } = planFinetune(parseConfig(FinetuneConfig, {}, 'finetune', 'c'), inputs);
    expect(facts).toEqual({ dataset: 'pets', 'not fine-tuned': 'a graph of another program has no weights to train' });
  });

  it('does not know steps before there are images, and refuses what the encoder cannot take', () => {
    expect(plan({})).toEqual({ dataset: 'cifar10', trainings: 'unknown until ingest' });
    expect(() => plan({}, null, 100, 1)).toThrow('channels differ: cifar10 is decoded to 3, the encoder takes 1');
    expect(() => plan({ dataset: 'digits' })).toThrow('unknown dataset: digits. the stages before write: cifar10');
  });
});
