import type { StepDefinition } from '@simclr/tensorflow';
import { applyTapped, initTapped, type TapArgs } from './taps.ts';

/** Arguments of `encode`. */
export interface EncodeArgs extends TapArgs {
  inputShape: [number, number, number];
}

/**
 * Features in evaluation. Input: `images` [n, h, w, c] in [0, 1], any n. Output: `features` [n, d], featureDim but at
 * another tap.
 * @traced
 */
export function encode({ inputShape, ...tapped }: EncodeArgs): StepDefinition {
  const { params, stats } = initTapped(tapped, undefined);
  return {
    state: { ...params, ...stats },
    inputs: { images: { shape: [null, ...inputShape], dtype: 'float32' } },
    step: (state, { images }) => ({ outputs: { features: applyTapped(tapped, state, images!) } }),
  };
}

/** URL of this module, for `compile`: who only encodes depends on the network, and on no loss or optimizer. */
export const encodeDefinition: string = import.meta.url;
