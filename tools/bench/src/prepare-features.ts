import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPixels } from '@simclr/shards';
import { addressed, randomNormal } from '@simclr/stage';
import { type TensorFlow, tf } from '@simclr/tensorflow';
import { CACHE } from './paths.ts';
import { cifar10 } from './prepare-images.ts';

/** A folder that both sides read: features.f32, float32 [rows, dim], centred, of mean variance 1; labels.i32, int32 [rows]. */
export interface PreparedFeatures {
  folder: string;
  dim: number;
  classes: number;
}

/**
 * Of CIFAR-10's training images, every `stride`-th: the pixels, or what a layer of random weights and rectifiers makes of
 * them.
 */
export async function cifarFeatures(kind: 'pixels' | 'layer', stride: number): Promise<PreparedFeatures | undefined> {
  const images = await cifar10();
  if (!images) return undefined;
  const { data, rows: all, labels } = loadPixels(images.shards);
  const size = data.length / all;
  const dim = kind === 'pixels' ? size : 512;
  const folder = join(CACHE, `features-${kind}-${stride}`);
  if (existsSync(folder)) return { folder, dim, classes: 10 };
  const rows = Math.ceil(all / stride);
  const pixels = new Float32Array(rows * size);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < size; j++) pixels[i * size + j] = data[i * stride * size + j]! / 255;
  const features = kind === 'pixels' ? pixels : randomLayer(pixels, size, dim);
  standardise(features, dim);
  const temporary = `${folder}.tmp`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  writeFileSync(join(temporary, 'features.f32'), features);
  writeFileSync(
    join(temporary, 'labels.i32'),
    Int32Array.from({ length: rows }, (_, i) => labels[i * stride]!),
  );
  renameSync(temporary, folder);
  return { folder, dim, classes: 10 };
}

/**
 * max(x W, 0), W drawn.
 * @param x [rows, size].
 * @returns [rows, dim]
 */
function randomLayer(x: Float32Array, size: number, dim: number): Float32Array {
  const random = addressed(1);
  const kernel = Float32Array.from({ length: size * dim }, () => randomNormal(random));
  const out = tf.tidy(() => {
    const centred = tf.sub(tf.tensor2d(x, [x.length / size, size]), 0.5) as TensorFlow.Tensor2D;
    return tf.relu(tf.matMul(centred, tf.tensor2d(kernel, [size, dim])));
  });
  const values = out.dataSync() as Float32Array;
  out.dispose();
  return values;
}

/** In place: every dimension centred, all scaled by one number. */
function standardise(values: Float32Array, dim: number): void {
  const mean = new Float64Array(dim);
  for (let at = 0; at < values.length; at++) mean[at % dim]! += (values[at]! * dim) / values.length;
  let square = 0;
  for (let at = 0; at < values.length; at++) square += (values[at]! - mean[at % dim]!) ** 2;
  const scale = Math.sqrt(square / values.length);
  for (let at = 0; at < values.length; at++) values[at] = (values[at]! - mean[at % dim]!) / scale;
}
