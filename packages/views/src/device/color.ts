import { selectRows, type TensorFlow, tf } from '@simclr/tensorflow';
import { LUMINANCE } from '../ops/color.ts';
import type { Operation } from '../policy.ts';
import { jitterSlots, SLOT_COLUMNS } from './jitter-slots.ts';

type Tensor = TensorFlow.Tensor;
type Images = TensorFlow.Tensor4D;

/** Luminance of [n, 3, …], as [n, 1, …]. */
function luminance(x: Tensor): Tensor {
  const weights = tf.tensor([...LUMINANCE], [1, 3, ...x.shape.slice(2).map(() => 1)]);
  return tf.sum(tf.mul(x, weights), 1, true);
}

/** Luminance in all three channels, clipped; images of one channel are gray already. */
export function grayscale(x: Images): Images {
  if (x.shape[1] === 1) return x;
  return tf.tile(tf.clipByValue(luminance(x), 0, 1), [1, 3, 1, 1]) as Images;
}

/** x · factor + delta + share · mean; each [n, 1, 1, 1]. The mean is taken over each channel, or of the gray image. */
function linear(x: Images, [factor, delta, share]: readonly Tensor[], ofGray: boolean): Tensor {
  const means = tf.mean(x, [2, 3], true);
  const mean = ofGray && x.shape[1] === 3 ? luminance(means) : means;
  return tf.add(tf.mul(x, factor!), tf.add(delta!, tf.mul(share!, mean)));
}

/**
 * S · factor, clipped to 1, and H + turns in HSV, of [n, 3, h, w]; `saturation` and `hue` of ops/color.ts say how. The
 * saturation of what is not clipped may be beyond 1: where `hueAlone` is 1, it stays.
 * @param factor, turns, hueAlone [n, 1, 1]
 */
function hueAndSaturation(x: Images, factor: Tensor, turns: Tensor, hueAlone: Tensor): Tensor {
  const [red, green, blue] = tf.unstack(x, 1) as [Tensor, Tensor, Tensor];
  const value = tf.maximum(tf.maximum(red, green), blue);
  const least = tf.minimum(tf.minimum(red, green), blue);
  const chroma = tf.mul(tf.sub(value, least), tf.cast(tf.greater(value, 0), 'float32'));
  const second = tf.add(tf.mul(chroma, 2), tf.sub(blue, red));
  const third = tf.add(tf.mul(chroma, 4), tf.sub(red, green));
  const dominant = tf.where(tf.equal(value, red), tf.sub(green, blue), tf.where(tf.equal(value, green), second, third));
  const turned = tf.add(tf.divNoNan(dominant, chroma), tf.mul(turns, 6));
  const hue = tf.sub(turned, tf.mul(tf.floor(tf.div(turned, 6)), 6));
  // Chroma = S · V; a large number more is no limit.
  const limit = tf.add(tf.relu(value), tf.mul(hueAlone, 1e9));
  const scaled = tf.minimum(tf.mul(chroma, factor), limit);
  const floor = tf.sub(value, scaled);
  // Each channel is a trapezium over the hue circle, of 6 sextants.
  const trapezia = [
    tf.sub(tf.abs(tf.sub(hue, 3)), 1),
    tf.sub(2, tf.abs(tf.sub(hue, 2))),
    tf.sub(2, tf.abs(tf.sub(hue, 4))),
  ];
  return tf.stack(
    trapezia.map((slope) => tf.add(floor, tf.mul(scaled, tf.clipByValue(slope, 0, 1)))),
    1,
  );
}

/**
 * A `colour` slot of `encodeJitter`.
 * @param columns its four, each [n, 1]
 */
function colour(x: Images, columns: readonly Tensor[], torchvision: boolean): Tensor {
  const [factor, turns, hueAlone, slack] = columns as [Tensor, Tensor, Tensor, Tensor];
  const of = (column: Tensor, rank: number): Tensor => tf.reshape(column, [-1, ...Array<number>(rank - 1).fill(1)]);
  if (torchvision) {
    const turned = hueAndSaturation(x, tf.scalar(1), of(turns, 3), tf.scalar(1));
    const hued = selectRows(tf.greater(of(hueAlone, 1), 0), turned, x);
    return tf.add(tf.mul(hued, of(factor, 4)), tf.mul(luminance(hued), tf.sub(1, of(factor, 4))));
  }
  const changed = hueAndSaturation(x, of(factor, 3), of(turns, 3), of(hueAlone, 3));
  return selectRows(tf.equal(of(slack, 1), 0), changed, x);
}

/**
 * A colour jitter, of what `encodeJitter` fed.
 * @param columns [n, 4 · slots]
 */
export function jitter(x: Images, columns: TensorFlow.Tensor2D, { order, impl }: Operation['args']): Images {
  const torchvision = impl === 'torchvision';
  jitterSlots(order!, x.shape[1]).forEach((slot, i) => {
    const own = tf.split(tf.slice(columns, [0, SLOT_COLUMNS * i], [-1, SLOT_COLUMNS]), SLOT_COLUMNS, 1) as Tensor[];
    const perImage = own.map((column) => tf.reshape(column, [-1, 1, 1, 1]));
    const result = slot === 'linear' ? linear(x, perImage, torchvision) : colour(x, own, torchvision);
    const slack = perImage[3]!;
    x = tf.minimum(tf.maximum(result, tf.neg(slack)), tf.add(slack, 1)) as Images;
  });
  return x;
}
