import type { ImageShape } from '@simclr/shards';
import { type Random, UserError } from '@simclr/stage';
import { type Crop, cropOf, emptyCrop, splitPolicy } from './crop.ts';
import { isWide, makeAntialiasResizer } from './ops/antialias.ts';
import { clip } from './ops/color.ts';
import { makeResizer } from './ops/resize.ts';
import type { Policy } from './policy.ts';
import type { KernelPrecision } from './simd/assembler.ts';
import { RgbEngine } from './simd/rgb-engine.ts';
import { compileStep } from './steps.ts';

/**
 * A policy as two functions, so that what a view shows of an image is known before the image is decoded. What is drawn is
 * drawn in the order of the operations: a crop as its sampler says; of any other first whether it is applied.
 */
export interface CompiledPolicy {
  /** Of every view. */
  shape: ImageShape;
  /** The resize is antialiased, so that a crop may be taken from a smaller copy of its image. */
  antialias: boolean;
  /** Draws what is shown of an image of that size, into `crop`. */
  draw(random: Random, height: number, width: number, crop: Crop): void;
  /**
   * Makes the view, from the random numbers after those of `draw`.
   * @param pixels uint8 image [h, width, c] at `offset`
   * @param out float image in [0, 1] of `shape` at `outOffset`
   */
  render(
    pixels: Uint8Array,
    offset: number,
    width: number,
    crop: Crop,
    out: Float32Array,
    outOffset: number,
    random: Random,
  ): void;
}

/**
 * Shape of a policy's views: [to, to, c] where its crop says `to`, the images' own otherwise.
 * @param source its shape is null where it holds encoded images: of different sizes, decoded to three channels
 * @throws UserError if nothing says how large the views of encoded images are
 */
export function viewShape(policy: Policy, { shape }: { shape: ImageShape | null }): ImageShape {
  const to = (cropOf(policy)?.args.to as number | undefined) ?? 0;
  if (to > 0) return [to, to, shape ? shape[2] : 3];
  if (shape) return shape;
  throw new UserError(
    'missing size: the images are encoded files of different sizes. expected a view policy that starts with crop(to=<px>)',
  );
}

/**
 * @param shape of the views
 * @param precision of what vector kernels compute, for three channels
 */
export function compilePolicy(policy: Policy, shape: ImageShape, precision: KernelPrecision): CompiledPolicy {
  const [height, width, channels] = shape;
  const size = height * width * channels;
  const { kind, draw, rest } = splitPolicy(policy, shape);
  const engine = channels === 3 ? new RgbEngine(height, width, precision, kind) : undefined;
  const steps = rest.map((operation) => compileStep(operation, shape, engine));

  const resize = isWide(kind)
    ? makeAntialiasResizer(height, width, channels, 1 / 255, kind)
    : makeResizer(height, width, channels, 1 / 255, kind);

  return {
    shape,
    antialias: isWide(kind),
    draw,
    render(pixels, offset, sourceWidth, { box, flip }, out, outOffset, random) {
      if (engine) {
        engine.resize(pixels, offset, sourceWidth, box, flip);
        const { image } = engine;
        for (const step of steps) step(image, 0, size, random);
        engine.clip();
        out.set(image, outOffset);
        return;
      }
      resize(pixels, offset, sourceWidth, box, flip, out, outOffset);
      const to = outOffset + size;
      for (const step of steps) step(out, outOffset, to, random);
      clip(out, outOffset, to);
    },
  };
}

/**
 * Makes one view.
 * @param pixels uint8 images, the one meant at `offset`
 * @param out float image in [0, 1] at `outOffset`, of `viewShape`
 * @param random of this view: every number is drawn from it, in the order of the operations
 */
export type MakeView = (
  pixels: Uint8Array,
  offset: number,
  out: Float32Array,
  outOffset: number,
  random: Random,
) => void;

/** A policy as a function for images of one shape. */
export function compileViews(policy: Policy, shape: ImageShape): MakeView {
  const { draw, render } = compilePolicy(policy, viewShape(policy, { shape }), 'double');
  const [height, width] = shape;
  const crop = emptyCrop();
  return (pixels, offset, out, outOffset, random) => {
    draw(random, height, width, crop);
    render(pixels, offset, width, crop, out, outOffset, random);
  };
}
