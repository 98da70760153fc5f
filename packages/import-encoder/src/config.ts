import { IMAGENET_STATISTICS } from '@simclr/nn/checkpoints';
import { z } from '@simclr/stage';
import type { EncoderOptions, GraphOptions } from './options.ts';

/** Config of the stage `import-encoder`: which checkpoint, and what its names and shapes do not show. */
export const ImportEncoderConfig = z.strictObject({
  /**
   * A checkpoint's file, the prefix of a TensorFlow checkpoint's files (`model.ckpt-250228`), or a folder with one or with
   * a SavedModel; or a graph that is run as it is, an ONNX model or a SavedModel: relative to the repository, `~` is the home
   * folder.
   */
  file: z.string().min(1),
  /** Height and width of the images. Default: 224 with the ImageNet stem, 32 with the CIFAR stem. */
  size: z.int().min(1).optional(),
  /** What it was pretrained on: of that dataset the middle of an image is shown, of others the whole. */
  dataset: z.string().default('imported'),
  /**
   * How a graph wants its images, where no file says it: `centercrop(side=256,to=224,resize=bilinear_antialias)|normalize(imagenet)`
   * (docs/encoders.md).
   */
  preprocess: z.string().optional(),
  /** Name of a graph's output that features are, where it has several. */
  output: z.string().optional(),
  /** Which network, where a checkpoint has several: `module.encoder_q`, `ema_model/base_model`. */
  prefix: z.string().optional(),
  /** What images are normalised by. Default: ImageNet's mean and deviation for PyTorch's names, nothing for the reference's. */
  normalize: z
    .union([
      z.enum(['imagenet', 'none']),
      z.strictObject({ mean: z.array(z.number()).min(1), std: z.array(z.number().positive()).min(1) }),
    ])
    .optional(),
  /** Default: as PyTorch pads for its names, `symmetric`; as TensorFlow for the reference's, `same`. */
  poolPadding: z.enum(['same', 'symmetric']).optional(),
  /** Default: 1 in the CIFAR stem, 2 in the ImageNet stem. */
  stemStride: z.int().min(1).max(2).optional(),
  /** Zeros on each side before the stem's convolution. Default: half the kernel, 1 or 3. */
  stemPadding: z.int().min(0).max(3).optional(),
  /** Whether max pooling follows the stem. Default: in the ImageNet stem. */
  stemPool: z.boolean().optional(),
  /** Which kernel of a bottleneck has the stride. Default: `3x3`. */
  bottleneckStride: z.enum(['1x1', '3x3']).optional(),
});
export type ImportEncoderConfig = z.infer<typeof ImportEncoderConfig>;

/** The same as options of `readEncoder`. */
export function optionsOf({ file: _, normalize, ...options }: ImportEncoderConfig): EncoderOptions & GraphOptions {
  return { ...options, normalize: normalize === 'imagenet' ? IMAGENET_STATISTICS : normalize };
}
