import type { ImageShape } from '@simclr/shards';
import { type Random, randomInt, UserError } from '@simclr/stage';
import { blurRadius, makeBlur } from './ops/blur.ts';
import { clip } from './ops/colour.ts';
import { cutout } from './ops/cutout.ts';
import { flip } from './ops/flip.ts';
import { makeJitter } from './ops/jitter.ts';
import { motionBlur, motionKernel } from './ops/motion-blur.ts';
import { gaussianNoise } from './ops/noise.ts';
import { rotate } from './ops/rotate.ts';
import { sobel } from './ops/sobel.ts';
import { equalise, solarise } from './ops/tone.ts';
import type { Operation } from './policy.ts';
import type { RgbEngine } from './simd/rgb-engine.ts';

/** An operation in place on the float image at `from`..`to`; it is not clipped before. */
export type Step = (image: Float32Array, from: number, to: number, random: Random) => void;

type Range = readonly [number, number];

/** @param engine of views of three channels: it holds the image that its steps are given */
type MakeStep = (args: Operation['args'], shape: ImageShape, engine: RgbEngine | undefined) => Step;

/** The operations that are applied, each as a function for views of one shape. What is drawn is drawn in the order written. */
const STEPS: Record<string, MakeStep> = {
  flip:
    (_, [, width, channels]) =>
    (image, from, to) =>
      flip(image, from, to, width, channels),

  jitter: (args, [, , channels], engine) => makeJitter(args, channels, engine),

  // A grey image is one already.
  grey: (_args, _shape, engine) => () => engine?.grey(),

  blur({ sigma, kernel }, shape, engine) {
    const [low, high] = sigma as Range;
    const radius = blurRadius((kernel as number) || Math.floor(shape[0] / 10));
    // Three taps cost little in double precision too.
    if (engine && radius > 1) {
      const blur = engine.makeBlur(radius);
      return (_image, _from, _to, random) => {
        engine.clip();
        blur(low + random.next() * (high - low));
      };
    }
    const blur = makeBlur(shape, radius);
    return (image, from, to, random) => {
      // The reference clips before its blur, and bicubic overshoots.
      clip(image, from, to);
      blur(image, from, low + random.next() * (high - low));
    };
  },

  cutout({ length }, shape) {
    const [height, width] = shape;
    const side = Math.round((length as number) * Math.min(height, width));
    return (image, from, _, random) => {
      const y = randomInt(random, height);
      cutout(image, from, shape, y, randomInt(random, width), side);
    };
  },

  rotate(_, shape) {
    const [height, width, channels] = shape;
    if (height !== width)
      throw new UserError(`rotate: views of ${height}x${width}. expected square ones. add crop(to=<px>)`);
    const scratch = scratchOf(shape);
    return (image, from, _, random) => rotate(image, from, height, channels, randomInt(random, 4), scratch);
  },

  sobel(_, shape) {
    const scratch = scratchOf(shape);
    return (image, from, to) => {
      clip(image, from, to);
      sobel(image, from, shape, scratch);
      clip(image, from, to);
    };
  },

  noise:
    ({ sigma }) =>
    (image, from, to, random) => {
      clip(image, from, to);
      gaussianNoise(image, from, to, sigma as number, random);
      clip(image, from, to);
    },

  equalise:
    (_, [, , channels]) =>
    (image, from, to) =>
      equalise(image, from, to, channels),

  solarise:
    ({ threshold }) =>
    (image, from, to) => {
      clip(image, from, to);
      solarise(image, from, to, threshold as number);
    },

  motionblur({ kernel }, shape) {
    const [least, most] = (kernel as Range).map((side) => (side - 1) / 2) as [number, number];
    const low = Math.ceil(least);
    const count = Math.floor(most) - low + 1;
    if (count < 1)
      throw new UserError(
        `motionblur: kernel=${(kernel as Range).join('..')}. expected a range with an odd number in it`,
      );
    const scratch = scratchOf(shape);
    return (image, from, to, random) => {
      clip(image, from, to);
      const side = 2 * (low + randomInt(random, count)) + 1;
      motionBlur(image, from, shape, motionKernel(side, 180 * random.next()), scratch);
    };
  },
};

const scratchOf = (shape: ImageShape): Float32Array => new Float32Array(shape[0] * shape[1] * shape[2]);

/** An operation that draws whether to be applied where it has a probability, then what it needs. */
export function compileStep({ name, args }: Operation, shape: ImageShape, engine: RgbEngine | undefined): Step {
  const step = STEPS[name]!(args, shape, engine);
  const p = args.p as number | undefined;
  if (p === undefined) return step;
  return (image, from, to, random) => {
    if (random.next() < p) step(image, from, to, random);
  };
}
