import type { ImageShape } from '@simclr/shards';
import { type Random, randomInt } from '@simclr/stage';
import { blurRadius, gaussianBlur } from './ops/blur.ts';
import { applyJitter, clip, greyscale, type Jitter } from './ops/colour.ts';
import { type Box, type CropRange, referenceCrop, torchvisionCrop } from './ops/crop-box.ts';
import { makeResizer } from './ops/resize.ts';
import type { Operation, Policy } from './policy.ts';

/**
 * Makes one view.
 * @param pixels uint8 images, the one meant at `offset`; @param out float image in [0, 1] at `outOffset`, same shape
 * @param random of this view: every number is drawn from it, in the order of the operations
 */
export type MakeView = (
  pixels: Uint8Array,
  offset: number,
  out: Float32Array,
  outOffset: number,
  random: Random,
) => void;

type Step = (image: Float32Array, from: number, to: number, random: Random) => void;

/**
 * A policy as a function for images of one shape. Draws, in order: a crop as its sampler says; flip, grey, blur: whether;
 * then blur's sigma; jitter: whether, then three for a random order, then brightness, contrast, saturation, hue.
 */
export function compileViews(policy: Policy, shape: ImageShape): MakeView {
  const [height, width, channels] = shape;
  const size = height * width * channels;
  const crop = policy[0]?.name === 'crop' ? policy[0] : undefined;
  const rest = crop ? policy.slice(1) : policy;
  const flipFirst = rest[0]?.name === 'flip' ? (rest[0].args.p as number) : undefined;
  const steps = (flipFirst === undefined ? rest : rest.slice(1)).map((operation) => compileStep(operation, shape));

  const whole: Box = { y: 0, x: 0, height, width };
  const box: Box = { ...whole };
  const resize = makeResizer(height, width, channels, height, 1 / 255);
  const sample = crop?.args.sampler === 'torchvision' ? torchvisionCrop : referenceCrop;
  const range = crop?.args as unknown as CropRange | undefined;

  return (pixels, offset, out, outOffset, random) => {
    if (range) sample(random, height, width, range, box);
    // A flip right after the crop mirrors the crop's columns.
    const flip = flipFirst !== undefined && random.next() < flipFirst;
    resize(pixels, offset, width, range ? box : whole, flip, out, outOffset);
    const to = outOffset + size;
    for (const step of steps) step(out, outOffset, to, random);
    clip(out, outOffset, to);
  };
}

function compileStep({ name, args }: Operation, shape: ImageShape): Step {
  const [height, width, channels] = shape;
  const p = args.p as number;
  switch (name) {
    case 'flip':
      return (image, from, to, random) => {
        if (random.next() < p) flipInPlace(image, from, to, width, channels);
      };
    case 'jitter':
      return compileJitter(args, channels);
    case 'grey':
      return (image, from, to, random) => {
        if (random.next() < p && channels === 3) greyscale(image, from, to);
      };
    case 'blur': {
      const [low, high] = args.sigma as readonly [number, number];
      const radius = blurRadius(height);
      const scratch = new Float32Array(height * width * channels);
      return (image, from, to, random) => {
        if (random.next() >= p) return;
        // The reference clips before its blur, and bicubic overshoots.
        clip(image, from, to);
        gaussianBlur(image, from, shape, radius, low + random.next() * (high - low), scratch);
      };
    }
    default:
      throw new Error(`no engine for operation: ${name}`);
  }
}

function compileJitter(args: Operation['args'], channels: number): Step {
  const strength = args.strength as number;
  const p = args.p as number;
  const randomOrder = args.order === 'random';
  const additive = args.impl === 'v1';
  const spread = 0.8 * strength;
  const jitter: Jitter = {
    order: Uint8Array.of(0, 1, 2, 3),
    brightnessFactor: 1,
    brightnessDelta: 0,
    contrast: 1,
    saturation: 1,
    hue: 0,
  };
  const factor = (random: Random, low: number) => low + random.next() * (1 + spread - low);
  return (image, from, to, random) => {
    if (random.next() >= p) return;
    const { order } = jitter;
    for (let i = 0; i < 4; i++) order[i] = i;
    if (randomOrder) {
      for (let i = 3; i > 0; i--) {
        const j = randomInt(random, i + 1);
        const swap = order[i]!;
        order[i] = order[j]!;
        order[j] = swap;
      }
    }
    if (additive) jitter.brightnessDelta = (2 * random.next() - 1) * spread;
    else jitter.brightnessFactor = factor(random, Math.max(0, 1 - spread));
    jitter.contrast = factor(random, 1 - spread);
    jitter.saturation = factor(random, 1 - spread);
    jitter.hue = (2 * random.next() - 1) * 0.2 * strength;
    applyJitter(image, from, to, channels, jitter);
  };
}

function flipInPlace(image: Float32Array, from: number, to: number, width: number, channels: number): void {
  const row = width * channels;
  for (let y = from; y < to; y += row) {
    for (let left = y, right = y + row - channels; left < right; left += channels, right -= channels) {
      for (let c = 0; c < channels; c++) {
        const swap = image[left + c]!;
        image[left + c] = image[right + c]!;
        image[right + c] = swap;
      }
    }
  }
}
