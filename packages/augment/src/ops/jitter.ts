import { type Random, randomInt } from '@simclr/stage';
import type { Operation } from '../policy.ts';
import type { RgbEngine } from '../simd/rgb-engine.ts';
import type { Step } from '../steps.ts';
import { brightness, clip, contrast, greyContrast, greySaturation, hue, saturation } from './colour.ts';

/** Draws of one colour jitter. */
export interface Jitter {
  /** Operations in the order applied: 0 brightness, 1 contrast, 2 saturation, 3 hue. */
  order: Uint8Array;
  brightnessFactor: number;
  brightnessDelta: number;
  contrast: number;
  saturation: number;
  hue: number;
  /** Contrast and saturation as torchvision has them. */
  torchvision: boolean;
}

/** The four operations in the drawn order, clipped to [0, 1] after each; a grey image has neither saturation nor hue. */
export function applyJitter(image: Float32Array, from: number, to: number, channels: number, jitter: Jitter): void {
  for (let k = 0; k < 4; k++) {
    const op = jitter.order[k]!;
    if (op >= 2 && channels === 1) continue;
    if (op === 0) brightness(image, from, to, jitter.brightnessFactor, jitter.brightnessDelta);
    else if (op === 1) {
      if (jitter.torchvision) greyContrast(image, from, to, channels, jitter.contrast);
      else contrast(image, from, to, channels, jitter.contrast);
    } else if (op === 2) {
      if (jitter.torchvision) greySaturation(image, from, to, jitter.saturation);
      else saturation(image, from, to, jitter.saturation);
    } else hue(image, from, to, jitter.hue);
    clip(image, from, to);
  }
}

/**
 * A colour jitter. Draws three for a random order, then brightness, contrast, saturation, hue; the image is clipped to
 * [0, 1] after each operation.
 */
export function makeJitter(args: Operation['args'], channels: number, engine?: RgbEngine): Step {
  const randomOrder = args.order === 'random';
  const additive = args.impl === 'v1';
  const torchvision = args.impl === 'torchvision';
  const { brightness, contrast, saturation, hue } = args as Record<string, number>;
  const jitter: Jitter = {
    order: Uint8Array.of(0, 1, 2, 3),
    brightnessFactor: 1,
    brightnessDelta: 0,
    contrast: 1,
    saturation: 1,
    hue: 0,
    torchvision,
  };
  // The reference keeps only brightness from going below 0.
  const least = torchvision ? 0 : Number.NEGATIVE_INFINITY;
  const factor = (random: Random, spread: number, least: number) => {
    const low = Math.max(least, 1 - spread);
    return low + random.next() * (1 + spread - low);
  };
  return (image, from, to, random) => {
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
    else jitter.brightnessFactor = factor(random, brightness!, 0);
    jitter.contrast = factor(random, contrast!, least);
    jitter.saturation = factor(random, saturation!, least);
    jitter.hue = (2 * random.next() - 1) * hue!;
    if (engine) engine.jitter(jitter);
    else applyJitter(image, from, to, channels, jitter);
  };
}
