import type { ImageShape } from '@simclr/shards';
import type { Random } from '@simclr/stage';
import { emptyCrop, type ResizeKind, splitPolicy } from '../crop.ts';
import { drawsOf, drawsWithProbability } from '../draws.ts';
import { blurRadius, gaussianTaps } from '../ops/blur.ts';
import type { Draws, Range } from '../ops/drawn.ts';
import { motionKernel } from '../ops/motion-blur.ts';
import { forBoth, type PolicyPair } from '../pair.ts';
import type { Operation, Policy, ViewOperation, ViewOperationName } from '../policy.ts';
import { viewShape } from '../views.ts';
import { encodeJitter } from './jitter-slots.ts';

/** Turns the random numbers drawn for one operation of one view into the columns that its tensor operation reads. */
interface Encoder {
  /** Columns that it fills for each view. */
  columns: number;
  encode(drawn: Float64Array, fed: Float32Array, to: number): void;
}

/** Side of the kernels that a motion blur's views are fed: the largest that is drawn. */
export const motionSide = ({ kernel }: Operation['args']): number => 2 * Math.floor(((kernel as Range)[1] - 1) / 2) + 1;

/** Encoders of the operations whose columns are not the drawn numbers themselves. */
const ENCODERS: Partial<Record<ViewOperationName, (args: Operation['args'], shape: ImageShape) => Encoder>> = {
  jitter: (args, [, , channels]) => encodeJitter(args, channels),

  /** The taps, normalised. */
  blur({ kernel }, [height]) {
    const taps = new Float64Array(2 * blurRadius(kernel as number, height) + 1);
    return {
      columns: taps.length,
      encode(drawn, fed, to) {
        gaussianTaps(taps, drawn[0]!);
        fed.set(taps, to);
      },
    };
  },

  /** The kernel, among zeros. */
  motionblur(args) {
    const side = motionSide(args);
    return {
      columns: side * side,
      encode(drawn, fed, to) {
        const own = drawn[0]!;
        const margin = (side - own) / 2;
        const kernel = motionKernel(own, drawn[1]!);
        for (let y = 0; y < own; y++)
          fed.set(kernel.subarray(y * own, (y + 1) * own), to + (y + margin) * side + margin);
      },
    };
  },
};

const asDrawn = ({ length }: Draws): Encoder => ({
  columns: length,
  encode: (drawn, fed, to) => fed.set(drawn.subarray(0, length), to),
});

/** An operation and its columns among those of a view. */
export interface FedStep {
  operation: ViewOperation;
  /** The column that says whether it is applied; undefined where it always is. */
  applied: number | undefined;
  /** First of the columns that its tensor operation reads, and their number. */
  from: number;
  columns: number;
}

/** Columns of the crop: y, x, height, width of its box, px; whether it is mirrored, 1 or 0. */
export const CROP_COLUMNS = 5;

/** The input `draws` of a compiled step for one policy: a row of `columns` numbers for each view. */
export interface FedPolicy {
  /** Shape of the views. */
  shape: ImageShape;
  kind: ResizeKind;
  /** See `CroppedPolicy`. */
  whole: boolean;
  steps: readonly FedStep[];
  columns: number;
  /** Draws what the typed-array engine draws, from the same stream, into the row that starts at `at`. */
  draw(random: Random, fed: Float32Array, at: number): void;
}

/** @param image shape of the raw images */
export function compileColumns(policy: Policy, image: ImageShape): FedPolicy {
  const shape = viewShape(policy, { shape: image });
  const { kind, whole, draw, rest } = splitPolicy(policy, shape);
  const crop = emptyCrop();
  let columns = CROP_COLUMNS;
  const compiled = rest.map((operation) => {
    const own = drawsOf(operation, shape);
    const p = operation.args.p as number | undefined;
    const encoder = ENCODERS[operation.name]?.(operation.args, shape) ?? asDrawn(own);
    const applied = p === undefined ? undefined : columns++;
    const from = columns;
    columns += encoder.columns;
    const draws = p === undefined ? own : drawsWithProbability(own, p);
    const drawn = new Float64Array(draws.length);
    return {
      step: { operation, applied, from, columns: encoder.columns },
      draw(random: Random, fed: Float32Array, at: number) {
        draws.draw(random, drawn, 0);
        if (applied !== undefined) fed[at + applied] = drawn[0]!;
        if (p === undefined) encoder.encode(drawn, fed, at + from);
        else if (drawn[0]) encoder.encode(drawn.subarray(1), fed, at + from);
      },
    };
  });
  return {
    shape,
    kind,
    whole,
    steps: compiled.map(({ step }) => step),
    columns,
    draw(random, fed, at) {
      fed.fill(0, at, at + columns);
      draw(random, image[0], image[1], crop);
      const { y, x, height, width } = crop.box;
      fed[at] = y;
      fed[at + 1] = x;
      fed[at + 2] = height;
      fed[at + 3] = width;
      fed[at + 4] = crop.flip ? 1 : 0;
      for (const each of compiled) each.draw(random, fed, at);
    },
  };
}

/** Length of the rows that the views of a pair of policies are fed: one for both. */
export const rowLength = (pair: PolicyPair, image: ImageShape): number =>
  Math.max(...forBoth(pair, (policy) => compileColumns(policy, image).columns));
