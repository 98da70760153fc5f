import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseConfig } from './config.ts';
import { UserError } from './errors.ts';

const schema = z.strictObject({
  epochs: z.number().positive().default(3),
  optimizer: z
    .strictObject({ name: z.enum(['sgd', 'lars']), momentum: z.number().default(0.9) })
    .default({ name: 'sgd', momentum: 0.9 }),
  objective: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('nt_xent').default('nt_xent'), temperature: z.number().default(0.5) }),
      z.strictObject({ kind: z.literal('margin_triplet'), margin: z.number() }),
    ])
    .prefault({}),
  datasets: z.array(z.strictObject({ name: z.string() })).default([]),
  source: z.union([z.enum(['web']), z.strictObject({ folder: z.string() })]).optional(),
});
const message = (value: unknown) => {
  try {
    parseConfig(schema, value, 'pretrain', 'configs/x.json');
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  }
  throw new Error('accepted');
};

describe('parseConfig', () => {
  it('fills in defaults', () => {
    expect(parseConfig(schema, { optimizer: { name: 'lars' } }, 'pretrain', 'f')).toEqual({
      epochs: 3,
      optimizer: { name: 'lars', momentum: 0.9 },
      objective: { kind: 'nt_xent', temperature: 0.5 },
      datasets: [],
    });
  });

  it('names an unknown key and what is allowed there, at any depth', () => {
    expect(message({ epoch: 1 })).toBe(
      'unknown config key: pretrain.epoch. allowed: datasets, epochs, objective, optimizer, source. correct configs/x.json',
    );
    expect(message({ optimizer: { name: 'sgd', momentun: 1 } })).toBe(
      'unknown config key: pretrain.optimizer.momentun. allowed: momentum, name. correct configs/x.json',
    );
    expect(message({ datasets: [{ name: 'a', size: 3 }] })).toBe(
      'unknown config key: pretrain.datasets[0].size. allowed: name. correct configs/x.json',
    );
  });

  it('lists the keys of the kind that the value has', () => {
    expect(message({ objective: { margin: 1 } })).toBe(
      'unknown config key: pretrain.objective.margin. allowed: kind, temperature. correct configs/x.json',
    );
    expect(message({ source: { folder: 'a', size: 3 } })).toBe(
      'unknown config key: pretrain.source.size. allowed: folder. correct configs/x.json',
    );
    expect(message({ objective: { kind: 'margin_triplet', margin: 1, temperature: 1 } })).toBe(
      'unknown config key: pretrain.objective.temperature. allowed: kind, margin. correct configs/x.json',
    );
  });

  it('tells of everything that is wrong at once, a line each', () => {
    expect(message({ epoch: 1, epochs: -1, batch: 2, optimizer: { name: 'adamw' } }).split('\n')).toEqual([
      expect.stringMatching(/^invalid config value: pretrain\.epochs = -1\. .* correct configs\/x\.json$/),
      expect.stringMatching(
        /^invalid config value: pretrain\.optimizer\.name = "adamw"\. .* correct configs\/x\.json$/,
      ),
      expect.stringMatching(/^unknown config key: pretrain\.epoch\. allowed: .* correct configs\/x\.json$/),
      expect.stringMatching(/^unknown config key: pretrain\.batch\. allowed: .* correct configs\/x\.json$/),
    ]);
  });

  it('says what was found and what was expected, in one line', () => {
    expect(message({ epochs: 'three' })).toBe(
      'invalid config value: pretrain.epochs = "three". expected number, received string. correct configs/x.json',
    );
    expect(message({ optimizer: { name: 'adamw' } })).toMatch(
      /^invalid config value: pretrain\.optimizer\.name = "adamw"\. .*"sgd".*"lars"/,
    );
    expect(message({ epochs: -1 })).not.toContain('\n');
  });
});
