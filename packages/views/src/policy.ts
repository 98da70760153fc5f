import { RESIZES } from '@simclr/artifacts';

/** A value, or what follows from the arguments before it. */
export type Default<T = number> = T | ((before: Record<string, Value>) => T);

/** An argument of an operation: how it is written and what it is when left out. */
export type Parameter =
  | { kind: 'number'; default: Default; min: number; max: number; integer?: boolean }
  | { kind: 'range'; default: readonly [number, number]; min: number; max: number }
  | { kind: 'choice'; default: string; allowed: readonly string[] }
  /** One or more, with spaces between them. */
  | { kind: 'numbers'; default: Default<readonly number[]>; min: number; max: number };

export type Value = number | string | readonly number[];

export interface Operation<Name extends string = OperationName> {
  name: Name;
  /** Every parameter of the operation, defaults filled in. */
  args: Record<string, Value>;
}

/** Operations in the order in which they are applied. */
export type Policy = readonly Operation[];

export interface Rule {
  parameters: Record<string, Parameter>;
  /** The parameter that may be written without its name. */
  first?: string;
}

const probability = (value: number): Parameter => ({ kind: 'number', default: value, min: 0, max: 1 });

/** How far a factor goes, by default so much of the strength. */
const spread = (share: number, max: number): Parameter => ({
  kind: 'number',
  default: ({ strength }) => share * (strength as number),
  min: 0,
  max,
});

/** Side of the views, px; 0: the images' own size. */
const to: Parameter = { kind: 'number', default: 0, min: 0, max: 4096, integer: true };

/**
 * How a crop becomes a view. `bicubic`: the reference's (tf2), half-pixel centres, no antialiasing. `legacy`: tf1's
 * resize_bicubic. `antialias`: the kernel widens when shrinking, as Pillow's and torchvision's do. `bilinear`,
 * `bilinear_antialias`: linear interpolation, without and with that.
 */
const resize: Parameter = { kind: 'choice', default: 'bicubic', allowed: RESIZES };

/**
 * The operations: the paper's policy (appendix A; tf2/data_util.py) with the reference's defaults, the centre crop of its
 * evaluation, then those of the paper's studies (figure 5, table 6). Where neither gives a number, it is another's, named
 * here, and a probability is 1.
 */
const rules = {
  crop: {
    parameters: {
      /** Share of the image's area. */
      area: { kind: 'range', default: [0.08, 1], min: 0.001, max: 1 },
      /** Width over height. */
      ratio: { kind: 'range', default: [0.75, 1.3333], min: 0.1, max: 10 },
      /** `reference`: TensorFlow's sample_distorted_bounding_box, which favours small crops and never goes under 10 % of the area. */
      sampler: { kind: 'choice', default: 'reference', allowed: ['reference', 'torchvision'] },
      to,
      resize,
    },
  },
  centercrop: {
    first: 'proportion',
    parameters: {
      /** Of the image's side, as far as the views' aspect allows. */
      proportion: { kind: 'number', default: 0.875, min: 0.01, max: 1 },
      to,
      resize,
    },
  },
  /** The whole image, whatever its aspect. */
  squash: { first: 'to', parameters: { to, resize } },
  flip: { parameters: { p: probability(0.5) } },
  jitter: {
    first: 'strength',
    parameters: {
      /** s: brightness, contrast and saturation by up to 0.8 s, hue by up to 0.2 s turns. */
      strength: { kind: 'number', default: 1, min: 0, max: 2 },
      brightness: spread(0.8, 2),
      contrast: spread(0.8, 2),
      saturation: spread(0.8, 2),
      hue: spread(0.2, 0.5),
      p: probability(0.8),
      order: { kind: 'choice', default: 'random', allowed: ['random', 'fixed'] },
      /**
       * Brightness is multiplied in v2, added to in v1. `torchvision`: contrast about the mean of the gray image,
       * saturation a mix with it, no factor below 0.
       */
      impl: { kind: 'choice', default: 'v2', allowed: ['v1', 'v2', 'torchvision'] },
    },
  },
  grayscale: { parameters: { p: probability(0.2) } },
  blur: {
    parameters: {
      p: probability(0.5),
      /** Standard deviation, px. */
      sigma: { kind: 'range', default: [0.1, 2], min: 0.01, max: 20 },
      /** Side of the kernel, px, of which the taps are 2 ⌊kernel / 2⌋ + 1; 0: a tenth of the views' height. */
      kernel: { kind: 'number', default: 0, min: 0, max: 255, integer: true },
    },
  },
  cutout: {
    first: 'length',
    parameters: {
      /** Side of the square as a share of the views' shorter side: 16 of 32 px in its paper (CIFAR-10). */
      length: { kind: 'number', default: 0.5, min: 0, max: 2 },
      p: probability(1),
    },
  },
  /** By 0, 90, 180 or 270 degrees, equally often. */
  rotate: { parameters: {} },
  sobel: { parameters: { p: probability(1) } },
  noise: {
    first: 'sigma',
    parameters: {
      /** Standard deviation, of values in [0, 1] (torchvision's GaussianNoise). */
      sigma: { kind: 'number', default: 0.1, min: 0, max: 10 },
      p: probability(1),
    },
  },
  equalize: { parameters: { p: probability(1) } },
  solarize: {
    first: 'threshold',
    parameters: {
      threshold: { kind: 'number', default: 0.5, min: 0, max: 1 },
      /** BYOL's, of its second view. */
      p: probability(0.2),
    },
  },
  motionblur: {
    parameters: {
      p: probability(1),
      /** Side of the kernel, px, drawn from the odd numbers in it (Albumentations' MotionBlur). */
      kernel: { kind: 'range', default: [3, 7], min: 3, max: 99 },
    },
  },
} satisfies Record<string, Rule>;

export type OperationName = keyof typeof rules;

export const OPERATIONS: Record<OperationName, Rule> = rules;

export const isOperation = (name: string): name is OperationName => Object.hasOwn(OPERATIONS, name);

/** Words that are read as well: torchvision's, and what earlier policies say. */
const SYNONYMS: ReadonlyMap<string, OperationName> = new Map([
  ['color_jitter', 'jitter'],
  ['equalise', 'equalize'],
  ['grey', 'grayscale'],
  ['greyscale', 'grayscale'],
  ['solarise', 'solarize'],
]);

/** The operation that a word of the language means. */
export const operationOf = (word: string): OperationName | undefined => (isOperation(word) ? word : SYNONYMS.get(word));

/** Operations that say what a view shows of its image: one at most, the first. */
export const CROPS = ['crop', 'centercrop', 'squash'] as const satisfies readonly OperationName[];

/** Operations on a view. */
export type ViewOperationName = Exclude<OperationName, (typeof CROPS)[number]>;
export type ViewOperation = Operation<ViewOperationName>;

export const isCrop = (name: OperationName): boolean => CROPS.some((crop) => crop === name);
export const isViewOperation = (operation: Operation): operation is ViewOperation => !isCrop(operation.name);

/**
 * What an argument is when left out.
 * @param before the arguments before it
 */
export function defaultOf(parameter: Parameter, before: Record<string, Value>): Value {
  return typeof parameter.default === 'function' ? parameter.default(before) : parameter.default;
}
