import type { ImageShape } from '@simclr/shards';
import { parsePair } from './pair.ts';
import { parsePolicy } from './parse.ts';
import { isCrop } from './policy.ts';
import { printPolicy } from './print.ts';

/**
 * How an image of any size becomes what an encoder takes, as data for any program: `encoder.json` has it, and the exported
 * models. docs/preprocessing.md says it in words, and in Python.
 */
export interface Preprocessing {
  /** Height and width, px. */
  size: [height: number, width: number];
  /** The centre is shown: so much of the image's side, as far as the aspect of `size` allows. In (0, 1]. */
  crop: number;
  resize: 'bicubic';
  /** Of the cubic convolution kernel. */
  a: number;
  /** Output i lies at input (i + ½) s − ½ (`half-pixel`), or at i s (`legacy`: taps outside are those of the edge). */
  coordinates: 'half-pixel' | 'legacy';
  /** Whether the kernel widens when shrinking, as Pillow's does. */
  antialias: boolean;
  channels: 'RGB' | 'grey';
  /** Of the values. */
  range: [0, 1];
  /** What is taken off a channel, and divided by, before: nothing. A network that needs it has it in its graph. */
  mean: number[];
  std: number[];
  layout: 'NHWC';
}

type Kernel = Pick<Preprocessing, 'resize' | 'a' | 'coordinates' | 'antialias'>;

/** What the policy language calls a resize. */
export type ResizeName = 'bicubic' | 'legacy' | 'antialias';

const KERNELS: Record<ResizeName, Kernel> = {
  bicubic: { resize: 'bicubic', a: -0.5, coordinates: 'half-pixel', antialias: false },
  legacy: { resize: 'bicubic', a: -0.75, coordinates: 'legacy', antialias: false },
  antialias: { resize: 'bicubic', a: -0.5, coordinates: 'half-pixel', antialias: true },
};

/** The share of the side that the reference shows in evaluation (tf2/data_util.py preprocess_for_eval). */
export const REFERENCE_CROP = 0.875;

/** The whole preprocessing. @param shape what the encoder takes */
export function preprocessing([height, width, channels]: ImageShape, crop: number, resize: ResizeName): Preprocessing {
  return {
    size: [height, width],
    crop,
    ...KERNELS[resize],
    channels: channels === 3 ? 'RGB' : 'grey',
    range: [0, 1],
    mean: new Array(channels).fill(0),
    std: new Array(channels).fill(1),
    layout: 'NHWC',
  };
}

/** The resize that views of a policy, or of a pair, have: an encoder is best evaluated on what it was trained on. */
export function resizeOf(views: string): ResizeName {
  const crop = parsePair(views)
    .flat()
    .find(({ name }) => isCrop(name));
  return (crop?.args.resize ?? 'bicubic') as ResizeName;
}

/**
 * What `encoder.json` says of preprocessing. Encoders of before have a view policy there, or nothing: then the images of
 * its dataset had its size, and others are brought to it as the reference does.
 */
export function readPreprocessing(said: unknown, shape: ImageShape): Preprocessing {
  if (typeof said === 'object' && said !== null) return said as Preprocessing;
  return preprocessing(shape, REFERENCE_CROP, typeof said === 'string' ? resizeOf(said) : 'bicubic');
}

/** What the policy language calls the preprocessing's resize. */
export const resizeName = ({ coordinates, antialias }: Preprocessing): ResizeName => {
  if (antialias) return 'antialias';
  return coordinates === 'legacy' ? 'legacy' : 'bicubic';
};

/**
 * The preprocessing as a view policy. Views are square: an encoder of other images takes them as they are.
 * @param crop another share of the side
 */
export function evaluationPolicy(how: Preprocessing, crop: number = how.crop): string {
  return printPolicy(parsePolicy(`centercrop(${crop},to=${how.size[0]},resize=${resizeName(how)})`));
}
