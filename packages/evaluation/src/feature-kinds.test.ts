import { memoryLog } from '@simclr/stage';
import { expect, it } from 'vitest';
import { EXTRACTORS, type FeatureContext } from './feature-kinds.ts';

const images = (rows: number, side: number, classes: number) =>
  ({ rows, shape: [side, side, 3], classes: Array.from({ length: classes }, String) }) as never;

it.each([
  ['CIFAR-100', 50_000, 10_000, 32, 100, true],
  ['Food-101', 75_750, 25_250, 32, 101, true],
  ['Birdsnap: 47,386 × 3,072 values × 500 classes', 47_386, 2443, 32, 500, false],
  ['images of 40 px', 100, 100, 40, 2, false],
  ['a million images', 1_000_000, 100, 16, 2, false],
])('pixels are a baseline where a probe can be fitted to them: %s', (_, train, test, side, classes, fit) => {
  const log = memoryLog();
  const given = { train: images(train, side, classes), test: images(test, side, classes) };
  const context = { name: 'birds', ...given, log, encoder: {} as FeatureContext['encoder'], seed: 0 };
  expect(EXTRACTORS.pixels(context) !== undefined).toBe(fit);
  expect(log.logged.info.filter((line) => line.startsWith('birds: no baseline of raw pixels: '))).toHaveLength(
    fit ? 0 : 1,
  );
});
