import { z } from '@simclr/stage';
import { size } from './shape.ts';

/**
 * How an image of any size becomes what an encoder takes, as data for any program: `encoder.json` has it, and the exported
 * models. docs/preprocessing.md says it in words, and in Python.
 */
export const Preprocessing = z.strictObject({
  /** Height and width, px. */
  size: z.tuple([size, size]),
  /** The centre is shown: so much of the image's side, as far as the aspect of `size` allows. */
  crop: z.number().gt(0).max(1),
  /** The whole image is shown, its aspect changed to that of `size`; `crop` is 1. */
  squash: z.literal(true).optional(),
  resize: z.enum(['bicubic', 'bilinear']),
  /** Of the cubic convolution kernel. */
  a: z.number().optional(),
  /** Output i lies at input (i + ½) s − ½ (`half-pixel`), or at i s (`legacy`: taps outside are those of the edge). */
  coordinates: z.enum(['half-pixel', 'legacy']),
  /** Whether the kernel widens when shrinking, as Pillow's does. */
  antialias: z.boolean(),
  /** In this order. */
  channels: z.enum(['RGB', 'BGR', 'grey']),
  /** Of the values: black, white. */
  range: z.tuple([z.number(), z.number()]),
  /**
   * What is taken off a channel of those values, and what it is divided by then. A network of ours has both in its graph:
   * nothing here.
   */
  mean: z.array(z.number()),
  std: z.array(z.number().positive()),
  layout: z.enum(['NHWC', 'NCHW']),
});
export type Preprocessing = z.infer<typeof Preprocessing>;

type Kernel = Pick<Preprocessing, 'resize' | 'a' | 'coordinates' | 'antialias'>;

const KERNELS = {
  bicubic: { resize: 'bicubic', a: -0.5, coordinates: 'half-pixel', antialias: false },
  legacy: { resize: 'bicubic', a: -0.75, coordinates: 'legacy', antialias: false },
  antialias: { resize: 'bicubic', a: -0.5, coordinates: 'half-pixel', antialias: true },
  bilinear: { resize: 'bilinear', coordinates: 'half-pixel', antialias: false },
  bilinear_antialias: { resize: 'bilinear', coordinates: 'half-pixel', antialias: true },
} as const satisfies Record<string, Kernel>;

/** What the policy language calls a resize. */
export type ResizeName = keyof typeof KERNELS;
export const RESIZES = Object.keys(KERNELS) as ResizeName[];

/** The share of the side that the reference shows in evaluation (tf2/data_util.py preprocess_for_eval). */
export const REFERENCE_CROP = 0.875;

/**
 * The whole preprocessing.
 * @param shape what the encoder takes
 */
export function preprocessing(
  [height, width, channels]: readonly [number, number, number],
  crop: number,
  resize: ResizeName,
): Preprocessing {
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

/** What the policy language calls the preprocessing's resize. */
export const resizeName = ({ resize, coordinates, antialias }: Preprocessing): ResizeName => {
  if (resize === 'bilinear') return antialias ? 'bilinear_antialias' : 'bilinear';
  if (antialias) return 'antialias';
  return coordinates === 'legacy' ? 'legacy' : 'bicubic';
};

/**
 * What the first version of `encoder.json` says of preprocessing: the whole, a view policy, or nothing. Then the images of
 * its dataset had its size, and others are brought to it as the reference does.
 */
export function upgradePreprocessing(said: unknown, shape: unknown): unknown {
  if (said !== undefined && typeof said !== 'string') return said;
  if (!Array.isArray(shape)) return said;
  const [, resize = 'bicubic'] = /\bresize=(\w+)/.exec(said ?? '') ?? [];
  return preprocessing(shape as [number, number, number], REFERENCE_CROP, resize as ResizeName);
}
