import type { Preprocessing } from '@simclr/artifacts';

/** Another way to feed an encoder. */
export interface AffineInput {
  /** In words. */
  name: string;
  /**
   * Images in [0, 1] as they have to be for the encoder to be fed that way, [n, h, w, c]: it normalises them as it is stated.
   */
  apply(images: Float32Array, channels: number): Float32Array;
}

/** Values that are fed: so many times those in [0, 1], and more. One for each channel. */
interface Affine {
  times: number[];
  plus: number[];
}

const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

/** Ways in which images are fed by others. */
const WAYS: [name: string, way: Affine][] = [
  ['values in 0..1', { times: [1], plus: [0] }],
  ['values in 0..255', { times: [255], plus: [0] }],
  ['values in -1..1', { times: [2], plus: [-1] }],
  ["ImageNet's mean and deviation", { times: STD.map((std) => 1 / std), plus: MEAN.map((mean, c) => -mean / STD[c]!) }],
];

/** Values that differ by less are the same to a network: (x − 127) / 128 is values in -1..1. */
const SAME = 0.05;

const at = (values: readonly number[], c: number): number => values[c % values.length]!;

/** Ways to feed an encoder that differ from the one that is stated, as far as it can tell them apart. */
export function alternativesOf({ range: [black, white], mean, std }: Preprocessing, channels: number): AffineInput[] {
  const stated: Affine = {
    times: std.map((deviation) => (white - black) / deviation),
    plus: mean.map((value, c) => (black - value) / std[c]!),
  };
  const inOther = (way: Affine): Affine => ({
    times: stated.times.map((times, c) => at(way.times, c) / times),
    plus: stated.plus.map((plus, c) => (at(way.plus, c) - plus) / stated.times[c]!),
  });
  const affine =
    ({ times, plus }: Affine, order: (c: number) => number) =>
    (images: Float32Array) =>
      images.map((_, i) => {
        const c = i % channels;
        return images[i - c + order(c)]! * times[c]! + plus[c]!;
      });
  const others = WAYS.map(([name, way]) => ({ name, way: inOther(way) })).filter(({ way }) =>
    way.times.some((times, c) => Math.abs(times - 1) > SAME || Math.abs(way.plus[c]!) > SAME),
  );
  // A network that normalises within itself what it should not.
  const without = { times: STD, plus: MEAN };
  const plain = stated.times.every((times) => times === 1) && stated.plus.every((plus) => plus === 0);
  const reversed = { times: stated.times.map(() => 1), plus: stated.plus.map(() => 0) };
  return [
    ...others.map(({ name, way }) => ({ name, apply: affine(way, (c) => c) })),
    ...(plain && channels === 3
      ? [{ name: "no mean and deviation of ImageNet's", apply: affine(without, (c) => c) }]
      : []),
    ...(channels === 3 ? [{ name: 'the channels in the other order', apply: affine(reversed, (c) => 2 - c) }] : []),
  ];
}
