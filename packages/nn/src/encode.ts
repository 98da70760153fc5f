import type { StepDefinition } from '@simclr/tensorflow';
import { initResNet } from './init-resnet.ts';
import { applyResNet } from './resnet.ts';
import type { ResNetConfig } from './resnet-config.ts';

/** Arguments of `encode`. */
export interface EncodeArgs {
  network: ResNetConfig;
  inputShape: [number, number, number];
}

/**
 * Features in evaluation. Input: `images` [n, h, w, c] in [0, 1], any n. Output: `features` [n, featureDim].
 * @traced
 */
export function encode({ network, inputShape }: EncodeArgs): StepDefinition {
  const { params, stats } = initResNet(network, undefined);
  return {
    state: { ...params, ...stats },
    inputs: { images: { shape: [null, ...inputShape], dtype: 'float32' } },
    step: (state, { images }) => ({
      outputs: { features: applyResNet(network, state, state, images!, { training: false }).features },
    }),
  };
}

/** URL of this module, for `compile`: who only encodes depends on the network, and on no loss or optimizer. */
export const encodeDefinition: string = import.meta.url;
