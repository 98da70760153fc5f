import { JITTER_DRAWS } from '../ops/jitter.ts';
import type { Operation } from '../policy.ts';

/** `linear`: brightness or contrast. `colour`: saturation or hue. */
export type Slot = 'linear' | 'colour';

/**
 * A jitter's operations have an order of their own in every view, and a batch has one. So they go into slots: of the two
 * of a kind, none, one, or both may come before, between, and after the two of the other, and a slot that a view has
 * nothing for leaves it as it is. An image of one channel has neither saturation nor hue.
 */
export function jitterSlots(order: Operation['args'][string], channels: number): readonly Slot[] {
  if (channels === 1) return ['linear', 'linear'];
  if (order === 'fixed') return ['linear', 'linear', 'colour', 'colour'];
  return ['linear', 'linear', 'colour', 'linear', 'linear', 'colour', 'linear', 'linear'];
}

/** Numbers a slot. */
export const SLOT_COLUMNS = 4;

/** So far beyond [0, 1] goes the clip of a slot that a view has nothing for. */
const UNCLIPPED = 1e9;

/**
 * What the slots are fed. Linear: a factor, what is added, the share of the mean that is added. Colour: the factor of the
 * saturation, turns of the hue, whether it is hue alone, 1 or 0. Both last: how far beyond [0, 1] the result may go.
 *
 * @param drawn by `jitterDraws`
 */
export function encodeJitter({ order, impl }: Operation['args'], channels: number) {
  const slots = jitterSlots(order!, channels);
  const additive = impl === 'v1';
  const idle = slots.flatMap(() => [1, 0, 0, UNCLIPPED]);
  return {
    columns: slots.length * SLOT_COLUMNS,
    encode(drawn: Float64Array, fed: Float32Array, to: number): void {
      const [brightness, contrast] = [drawn[JITTER_DRAWS.brightness]!, drawn[JITTER_DRAWS.contrast]!];
      fed.set(idle, to);
      for (let k = 0, slot = 0; k < 4; k++) {
        const op = drawn[JITTER_DRAWS.order + k]!;
        const kind: Slot = op < 2 ? 'linear' : 'colour';
        if (kind === 'colour' && channels === 1) continue;
        while (slots[slot] !== kind) slot++;
        const at = to + SLOT_COLUMNS * slot++;
        if (op === 0) fed[at + (additive ? 1 : 0)] = brightness;
        else if (op === 1) {
          fed[at] = contrast;
          fed[at + 2] = 1 - contrast;
        } else if (op === 2) fed[at] = drawn[JITTER_DRAWS.saturation]!;
        else {
          fed[at + 1] = drawn[JITTER_DRAWS.hue]!;
          fed[at + 2] = 1;
        }
        fed[at + 3] = 0;
      }
    },
  };
}
