import type { ImageShape } from '@simclr/shards';
import { randomInt, UserError } from '@simclr/stage';
import type { Draws, Range } from './ops/drawn.ts';
import { jitterDraws } from './ops/jitter.ts';
import { drawNoise } from './ops/noise.ts';
import type { Operation, ViewOperation, ViewOperationName } from './policy.ts';

const NONE: Draws = { length: 0, draw() {} };

const none = (): Draws => NONE;

/** Random numbers of each operation, apart from the one that decides whether it is applied, in the order written. */
const DRAWS: Record<ViewOperationName, (args: Operation['args'], shape: ImageShape) => Draws> = {
  flip: none,
  grayscale: none,
  sobel: none,
  equalize: none,
  solarize: none,

  jitter: (args) => jitterDraws(args),

  /** The standard deviation, px. */
  blur({ sigma }) {
    const [low, high] = sigma as Range;
    return {
      length: 1,
      draw(random, into, at) {
        into[at] = low + random.next() * (high - low);
      },
    };
  },

  /** Row and column of the centre. */
  cutout: (_, [height, width]) => ({
    length: 2,
    draw(random, into, at) {
      into[at] = randomInt(random, height);
      into[at + 1] = randomInt(random, width);
    },
  }),

  /** Quarters of a turn. */
  rotate(_, [height, width]) {
    if (height !== width)
      throw new UserError(`rotate: views of ${height}x${width}. expected square ones. add crop(to=<px>)`);
    return {
      length: 1,
      draw(random, into, at) {
        into[at] = randomInt(random, 4);
      },
    };
  },

  /** The noise itself, a number for each value of the view. */
  noise({ sigma }, [height, width, channels]) {
    const length = height * width * channels;
    return { length, draw: (random, into, at) => drawNoise(random, into, at, at + length, sigma as number) };
  },

  /** Side of the kernel, px, and its angle, degrees. */
  motionblur({ kernel }) {
    const [least, most] = (kernel as Range).map((side) => (side - 1) / 2) as [number, number];
    const low = Math.ceil(least);
    const count = Math.floor(most) - low + 1;
    if (count < 1)
      throw new UserError(
        `motionblur: kernel=${(kernel as Range).join('..')}. expected a range with an odd number in it`,
      );
    return {
      length: 2,
      draw(random, into, at) {
        into[at] = 2 * (low + randomInt(random, count)) + 1;
        into[at + 1] = 180 * random.next();
      },
    };
  },
};

/**
 * What an operation draws when it is applied.
 * @param shape of the views
 * @throws UserError where it cannot be applied to them
 */
export const drawsOf = ({ name, args }: ViewOperation, shape: ImageShape): Draws => DRAWS[name](args, shape);

/** The draws of an operation that has a probability: first whether it is applied, 1 or 0. */
export const drawsWithProbability = (draws: Draws, p: number): Draws => ({
  length: 1 + draws.length,
  draw(random, into, at) {
    const applied = random.next() < p;
    into[at] = applied ? 1 : 0;
    if (applied) draws.draw(random, into, at + 1);
  },
});
