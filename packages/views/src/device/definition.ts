// What packages/tensorflow traces, from plain JSON.
import type { ImageShape } from '@simclr/shards';
import type { StepDefinition } from '@simclr/tensorflow';
import { parsePair } from '../pair.ts';
import { deviceInputs, deviceViews } from './views.ts';

export interface MakeViewsArgs {
  /** In the mini-language, or two. */
  policy: string;
  /** Shape of the raw images. */
  image: ImageShape;
  /** Pairs N. */
  batch: number;
}

/**
 * The views alone, as a step of their own. Inputs `pixels` and `draws`, output `views`: see `deviceViews`.
 * @traced
 */
export function makeViews({ policy, image, batch }: MakeViewsArgs): StepDefinition {
  const pair = parsePair(policy);
  return {
    state: {},
    inputs: deviceInputs(pair, image, batch),
    step: (_, { pixels, draws }) => ({ outputs: { views: deviceViews(pair, pixels!, draws!) } }),
  };
}

/** URL of this module, for `compile`. */
export const deviceDefinitions: string = import.meta.url;
