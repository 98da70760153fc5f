import { addressed, type Random, randomNormal } from '@simclr/stage';
import { float32, sizeOf, type TensorData } from '@simclr/tensorflow/tensors';

/** A normal draw within two standard deviations (redrawn until it is), as TensorFlow's truncated normal. */
function truncatedNormal(random: Random): number {
  for (;;) {
    const z = randomNormal(random);
    if (Math.abs(z) <= 2) return z;
  }
}

/** Standard deviation of a normal distribution cut off at ±2. */
const TRUNCATED_STDDEV = 0.87962566103423978;

/** Draws the tensors of one model, each at its own address, so that a tensor does not depend on which others are drawn. */
export interface Initialiser {
  /**
   * Variance scaling, scale 1.0, fan_in, truncated normal (tf2/resnet.py conv2d_fixed_padding; not He's scale of 2).
   * @param shape kernel, HWIO
   */
  conv(shape: number[]): TensorData;
  /**
   * N(0, 0.01²) (tf2/model.py linear_layer).
   * @param shape [in, out]
   */
  dense(shape: number[]): TensorData;
}

/** Zeros: for the names and shapes of a model's variables alone, without the time that drawing takes. */
const zeros: Initialiser = { conv: (shape) => float32(shape), dense: (shape) => float32(shape) };

/**
 * @param seed undefined for zeros
 * @param stream tells the models of one seed apart: the encoder from its heads
 */
export function initialiser(seed: number | undefined, stream: number): Initialiser {
  if (seed === undefined) return zeros;
  let tensor = 0;
  const fill = (shape: number[], draw: (random: Random) => number): TensorData => {
    const random = addressed(seed, stream, tensor++);
    return float32(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => draw(random)),
    );
  };
  return {
    conv(shape) {
      const fanIn = sizeOf(shape.slice(0, -1));
      const stddev = Math.sqrt(1 / fanIn) / TRUNCATED_STDDEV;
      return fill(shape, (random) => stddev * truncatedNormal(random));
    },
    dense: (shape) => fill(shape, (random) => 0.01 * randomNormal(random)),
  };
}
