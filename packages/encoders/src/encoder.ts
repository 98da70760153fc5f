import type { Preprocessing } from '@simclr/artifacts';
import type { Tap } from '@simclr/nn/plan';

/** A function from images to features. */
export interface Embedder {
  /** Dimension of the features. */
  featureDim: number;
  /**
   * @param images float, in [0, 1], [n, h, w, c]
   * @param told after each part of many, how many are done
   * @returns [n, featureDim]
   */
  embed(images: Float32Array, told?: (done: number) => Promise<void>): Promise<Float32Array>;
}

/** A frozen encoder, whatever program its network is from and runs in. */
export interface Encoder extends Embedder {
  /** Height, width, channels of the images that `embed` takes. */
  inputShape: [number, number, number];
  /** How images of any size are brought to that; range, statistics, order of channels and layout are `embed`'s. */
  preprocessing: Preprocessing;
  /**
   * The preprocessing was stated for images of any dataset, its crop too; otherwise the crop is of images of the dataset of
   * pretraining, and of others the whole is shown.
   */
  stated: boolean;
  /** Of another program: that its images are as it was trained on them is what somebody says. */
  imported: boolean;
  /** What it was pretrained on. */
  dataset: string;
  /** Where in its network features are taken from, where that is not h. */
  tap?: Tap | undefined;
  /** Numbers that training fits. */
  parameters: number;
  /** Of the products for one image, a multiply-add counting two; null where they are not known. */
  flops: number | null;
  /** Of weights and batch-norm statistics, as they were when it was opened. */
  digest: string;
  /** The same of what it computes with now: to show that an evaluation left them as they were. */
  currentDigest(): Promise<string>;
  /** The baseline: its network with nothing trained. Absent where a network cannot be drawn anew. */
  untrained?(seed: number): Embedder;
  dispose(): void;
}
