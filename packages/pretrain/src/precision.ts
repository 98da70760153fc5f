import { choosePrecision } from '@simclr/tensorflow';
import type { PretrainConfig } from './config.ts';

/** Channels of the first group under which a convolution in bf16 is slower than in fp32. */
const NARROW = 16;

/**
 * The precision to train in, and why. `auto` takes fp32 for narrow networks: a step of a ResNet-18 of width 8 takes 1.9 to
 * 2.3 times as long in bf16 (8 and 128 pairs, AMD Zen 5), of width 16 two thirds.
 */
export function precisionFor({ precision, network }: Pick<PretrainConfig, 'precision' | 'network'>) {
  const chosen = choosePrecision(precision);
  if (precision !== 'auto' || network.width >= NARROW || chosen.precision === 'fp32') return chosen;
  return { precision: 'fp32' as const, reason: `convolutions of ${network.width} channels are slower in bf16` };
}
