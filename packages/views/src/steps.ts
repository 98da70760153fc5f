import type { ImageShape } from '@simclr/shards';
import type { Random } from '@simclr/stage';
import { drawsOf, drawsWithProbability } from './draws.ts';
import { blurRadius, makeBlur } from './ops/blur.ts';
import { clip } from './ops/color.ts';
import { cutout } from './ops/cutout.ts';
import { flip } from './ops/flip.ts';
import { applyJitter, JITTER_DRAWS, type Jitter } from './ops/jitter.ts';
import { motionBlur, motionKernel } from './ops/motion-blur.ts';
import { addNoise } from './ops/noise.ts';
import { rotate } from './ops/rotate.ts';
import { sobel } from './ops/sobel.ts';
import { equalize, solarize } from './ops/tone.ts';
import type { Operation, ViewOperation, ViewOperationName } from './policy.ts';
import type { RgbEngine } from './simd/rgb-engine.ts';

/**
 * An operation in place on the float image at `from`..`to`, which is not clipped before.
 * @param drawn what `drawsOf` drew
 */
export type Step = (image: Float32Array, from: number, to: number, drawn: Float64Array) => void;

/** @param engine of views of three channels: it holds the image that its steps are given */
type MakeStep = (args: Operation['args'], shape: ImageShape, engine: RgbEngine | undefined) => Step;

/** The operations that are applied, each as a function for views of one shape. */
const STEPS: Record<ViewOperationName, MakeStep> = {
  flip:
    (_, [, width, channels]) =>
    (image, from, to) =>
      flip(image, from, to, width, channels),

  jitter: (args, [, , channels], engine) => makeJitter(args, channels, engine),

  // A gray image is one already.
  grayscale: (_args, _shape, engine) => () => engine?.grayscale(),

  blur({ kernel }, shape, engine) {
    const radius = blurRadius(kernel as number, shape[0]);
    // Three taps cost little in double precision too.
    if (engine && radius > 1) {
      const blur = engine.makeBlur(radius);
      return (_image, _from, _to, drawn) => {
        engine.clip();
        blur(drawn[0]!);
      };
    }
    const blur = makeBlur(shape, radius);
    return (image, from, to, drawn) => {
      // The reference clips before its blur, and bicubic overshoots.
      clip(image, from, to);
      blur(image, from, drawn[0]!);
    };
  },

  cutout({ length }, shape) {
    const [height, width] = shape;
    const side = Math.round((length as number) * Math.min(height, width));
    return (image, from, _, drawn) => cutout(image, from, shape, drawn[0]!, drawn[1]!, side);
  },

  rotate(_, shape) {
    const [side, , channels] = shape;
    const scratch = scratchOf(shape);
    return (image, from, _, drawn) => rotate(image, from, side, channels, drawn[0]!, scratch);
  },

  sobel(_, shape) {
    const scratch = scratchOf(shape);
    return (image, from, to) => {
      clip(image, from, to);
      sobel(image, from, shape, scratch);
      clip(image, from, to);
    };
  },

  noise: () => (image, from, to, drawn) => {
    clip(image, from, to);
    addNoise(image, from, drawn);
    clip(image, from, to);
  },

  equalize:
    (_, [, , channels]) =>
    (image, from, to) =>
      equalize(image, from, to, channels),

  solarize:
    ({ threshold }) =>
    (image, from, to) => {
      clip(image, from, to);
      solarize(image, from, to, threshold as number);
    },

  motionblur(_, shape) {
    const scratch = scratchOf(shape);
    return (image, from, to, drawn) => {
      clip(image, from, to);
      motionBlur(image, from, shape, motionKernel(drawn[0]!, drawn[1]!), scratch);
    };
  },
};

const scratchOf = (shape: ImageShape): Float32Array => new Float32Array(shape[0] * shape[1] * shape[2]);

/** A colour jitter; the image is clipped to [0, 1] after each operation. */
function makeJitter(args: Operation['args'], channels: number, engine: RgbEngine | undefined): Step {
  const additive = args.impl === 'v1';
  const jitter: Jitter = {
    order: Uint8Array.of(0, 1, 2, 3),
    brightnessFactor: 1,
    brightnessDelta: 0,
    contrast: 1,
    saturation: 1,
    hue: 0,
    torchvision: args.impl === 'torchvision',
  };
  return (image, from, to, drawn) => {
    for (let i = 0; i < 4; i++) jitter.order[i] = drawn[JITTER_DRAWS.order + i]!;
    jitter[additive ? 'brightnessDelta' : 'brightnessFactor'] = drawn[JITTER_DRAWS.brightness]!;
    jitter.contrast = drawn[JITTER_DRAWS.contrast]!;
    jitter.saturation = drawn[JITTER_DRAWS.saturation]!;
    jitter.hue = drawn[JITTER_DRAWS.hue]!;
    if (engine) engine.jitter(jitter);
    else applyJitter(image, from, to, channels, jitter);
  };
}

/** An operation that draws what it needs, where it has a probability also whether it is applied, and applies it. */
export function compileStep(
  operation: ViewOperation,
  shape: ImageShape,
  engine: RgbEngine | undefined,
): (image: Float32Array, from: number, to: number, random: Random) => void {
  const { name, args } = operation;
  const draws = drawsOf(operation, shape);
  const step = STEPS[name](args, shape, engine);
  const drawn = new Float64Array(1 + draws.length);
  const own = drawn.subarray(1);
  if (args.p === undefined) {
    return (image, from, to, random) => {
      draws.draw(random, own, 0);
      step(image, from, to, own);
    };
  }
  const all = drawsWithProbability(draws, args.p as number);
  return (image, from, to, random) => {
    all.draw(random, drawn, 0);
    if (drawn[0]) step(image, from, to, own);
  };
}
