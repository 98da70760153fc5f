import type { ImageShape } from '@simclr/shards';
import { type Random, randomInt } from '@simclr/stage';
import { blurRadius, gaussianBlur } from './ops/blur.ts';
import { applyJitter, clip, greyscale, type Jitter } from './ops/colour.ts';
import type { Operation } from './policy.ts';

/** An operation in place on the float image at `from`..`to`. */
export type Step = (image: Float32Array, from: number, to: number, random: Random) => void;

/** An operation as a function for views of one shape. */
export function compileStep({ name, args }: Operation, shape: ImageShape): Step {
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
  const p = args.p as number;
  const randomOrder = args.order === 'random';
  const additive = args.impl === 'v1';
  const { brightness, contrast, saturation, hue } = args as Record<string, number>;
  const jitter: Jitter = {
    order: Uint8Array.of(0, 1, 2, 3),
    brightnessFactor: 1,
    brightnessDelta: 0,
    contrast: 1,
    saturation: 1,
    hue: 0,
  };
  const factor = (random: Random, spread: number, low = 1 - spread) => low + random.next() * (1 + spread - low);
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
    if (additive) jitter.brightnessDelta = (2 * random.next() - 1) * brightness!;
    else jitter.brightnessFactor = factor(random, brightness!, Math.max(0, 1 - brightness!));
    jitter.contrast = factor(random, contrast!);
    jitter.saturation = factor(random, saturation!);
    jitter.hue = (2 * random.next() - 1) * hue!;
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
