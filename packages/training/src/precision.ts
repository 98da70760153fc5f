import { choosePrecision, type Precision } from '@simclr/tensorflow';

/** Channels of the first group under which a convolution in bf16 is slower than in fp32. */
const NARROW = 16;

interface Wanted {
  precision: 'auto' | Precision;
  network: { width: number };
}

/**
 * The precision to train in, and why: a checkpoint's own, since weights that began in one and ended in the other would be
 * of neither. For a run that begins, `auto` takes fp32 for narrow networks: a step of a ResNet-18 of width 8 takes 1.9 to
 * 2.3 times as long in bf16 (8 and 128 pairs, AMD Zen 5), of width 16 two thirds.
 *
 * @param key the config's name for the precision, for the reason
 */
export function precisionFor(
  wanted: Wanted,
  checkpoint: Precision | undefined,
  key: string,
): { precision: Precision; reason: string } {
  const fresh = freshPrecision(wanted);
  if (checkpoint === undefined || checkpoint === fresh.precision) return fresh;
  const slow = checkpoint === 'bf16' ? '. bf16 may be emulated here, some 20 times slower' : '';
  const reason = `of the checkpoint; from the beginning it would be ${fresh.precision}, since ${fresh.reason}${slow}`;
  return { precision: checkpoint, reason: `${reason}. to begin anew: set ${key} to ${fresh.precision}` };
}

function freshPrecision({ precision, network }: Wanted) {
  const chosen = choosePrecision(precision);
  if (precision !== 'auto' || network.width >= NARROW || chosen.precision === 'fp32') return chosen;
  return { precision: 'fp32' as const, reason: `convolutions of ${network.width} channels are slower in bf16` };
}
