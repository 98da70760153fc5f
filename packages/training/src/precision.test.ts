import { describe, expect, it } from 'vitest';
import { precisionFor } from './precision.ts';

const wide = { depth: 18, width: 64, stem: 'cifar' } as const;
const KEY = 'pretrain.precision';
const auto = { precision: 'auto', network: wide } as const;

describe('precisionFor', () => {
  it('takes fp32 for narrow networks unless told otherwise', () => {
    const narrow = { ...wide, width: 8 };
    expect(precisionFor({ precision: 'auto', network: narrow }, undefined, KEY).precision).toBe('fp32');
    expect(precisionFor({ precision: 'bf16', network: narrow }, undefined, KEY).precision).toBe('bf16');
  });

  it.each([
    'fp32',
    'bf16',
  ] as const)('goes on in the precision of a checkpoint, %s, and says so where it differs', (of) => {
    const { precision, reason } = precisionFor(auto, of, KEY);
    expect(precision).toBe(of);
    const fresh = precisionFor(auto, undefined, KEY);
    if (fresh.precision === of) expect(reason).toBe(fresh.reason);
    else {
      expect(reason).toContain(`of the checkpoint; from the beginning it would be ${fresh.precision}, since`);
      expect(reason).toContain(`to begin anew: set pretrain.precision to ${fresh.precision}`);
    }
  });
});
