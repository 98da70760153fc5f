import { parseConfig } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { PretrainConfig } from './config.ts';

describe('PretrainConfig', () => {
  it.each([
    [
      { network: { depht: 18 } },
      /^unknown config key: pretrain\.network\.depht\. allowed: depth, seRatio, skRatio, stem, width\./,
    ],
    [
      { network: {}, objective: { semiHard: true } },
      /^unknown config key: pretrain\.objective\.semiHard\. allowed: kind, normalize, scale, temperature\./,
    ],
    [
      { network: {}, batch: 64, chunk: 24 },
      /^invalid config value: pretrain\.chunk = 24\. expected a divisor of batch\. correct/,
    ],
    [
      { network: {}, batch: 64, chunk: 32, views: 'device' },
      /^invalid config value: pretrain\.views = "device"\. expected 'workers' with chunk\. correct/,
    ],
    [{ network: { depth: 19 } }, /^invalid config value: pretrain\.network\.depth = 19\./],
    [
      { network: {}, objective: { kind: 'supervised' }, onlineProbe: true },
      /^invalid config value: pretrain\.objective\.kind = "supervised"/,
    ],
    [{ network: {}, batch: '64' }, /^invalid config value: pretrain\.batch = "64"\. expected number/],
    [{ network: {}, optimizer: { name: 'adamw' } }, /^invalid config value: pretrain\.optimizer\.name = "adamw"/],
    [{ network: {}, optimizer: { name: 'adam', momentum: 0.9 } }, /^unknown config key: pretrain\.optimizer\.momentum/],
  ])('refuses %j in one line', (value, message) => {
    expect(() => parseConfig(PretrainConfig, { dataset: 'x', ...value }, 'pretrain', 'c.json')).toThrow(message);
  });
});
