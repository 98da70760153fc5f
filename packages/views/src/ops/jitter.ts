import { type Random, randomInt } from '@simclr/stage';
import type { Operation } from '../policy.ts';
import { brightness, clip, contrast, grayContrast, graySaturation, hue, saturation } from './color.ts';
import type { Draws } from './drawn.ts';

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

/** The four operations in the drawn order, clipped to [0, 1] after each; a gray image has neither saturation nor hue. */
export function applyJitter(image: Float32Array, from: number, to: number, channels: number, jitter: Jitter): void {
  for (let k = 0; k < 4; k++) {
    const op = jitter.order[k]!;
    if (op >= 2 && channels === 1) continue;
    if (op === 0) brightness(image, from, to, jitter.brightnessFactor, jitter.brightnessDelta);
    else if (op === 1) {
      if (jitter.torchvision) grayContrast(image, from, to, channels, jitter.contrast);
      else contrast(image, from, to, channels, jitter.contrast);
    } else if (op === 2) {
      if (jitter.torchvision) graySaturation(image, from, to, jitter.saturation);
      else saturation(image, from, to, jitter.saturation);
    } else hue(image, from, to, jitter.hue);
    clip(image, from, to);
  }
}

/** Where in a jitter's draws what lies: the order, then the four numbers that the operations take. */
export const JITTER_DRAWS = { order: 0, brightness: 4, contrast: 5, saturation: 6, hue: 7 } as const;

/**
 * Draws three numbers for a random order, then brightness (v1: what is added, else a factor), contrast, saturation, hue.
 */
export function jitterDraws(args: Operation['args']): Draws {
  const randomOrder = args.order === 'random';
  const additive = args.impl === 'v1';
  const { brightness, contrast, saturation, hue } = args as Record<string, number>;
  // The reference keeps only brightness from going below 0.
  const least = args.impl === 'torchvision' ? 0 : Number.NEGATIVE_INFINITY;
  const factor = (random: Random, spread: number, least: number) => {
    const low = Math.max(least, 1 - spread);
    return low + random.next() * (1 + spread - low);
  };
  return {
    length: 8,
    draw(random, into, at) {
      for (let i = 0; i < 4; i++) into[at + i] = i;
      if (randomOrder) {
        for (let i = 3; i > 0; i--) {
          const j = randomInt(random, i + 1);
          const swap = into[at + i]!;
          into[at + i] = into[at + j]!;
          into[at + j] = swap;
        }
      }
      into[at + JITTER_DRAWS.brightness] = additive
        ? (2 * random.next() - 1) * brightness!
        : factor(random, brightness!, 0);
      into[at + JITTER_DRAWS.contrast] = factor(random, contrast!, least);
      into[at + JITTER_DRAWS.saturation] = factor(random, saturation!, least);
      into[at + JITTER_DRAWS.hue] = (2 * random.next() - 1) * hue!;
    },
  };
}
