import type { Preprocessing } from '@simclr/artifacts';

/** A function from images to features. */
export interface Embedder {
  /** Dimension of the features. */
  featureDim: number;
  /**
   * @param images float, in [0, 1], [n, h, w, c]
   * @returns [n, featureDim]
   */
  embed(images: Float32Array): Float32Array;
}

/** A frozen encoder, whatever program its network is from and runs in. */
export interface Encoder extends Embedder {
  /** Height, width, channels of the images that `embed` takes. */
  inputShape: [number, number, number];
  /** How images of any size are brought to that. */
  preprocessing: Preprocessing;
  /** What it was pretrained on. */
  dataset: string;
  /** Numbers that training fits. */
  parameters: number;
  /** Of weights and batch-norm statistics, as they were when it was opened. */
  digest: string;
  /** The same of what it computes with now: to show that an evaluation left them as they were. */
  currentDigest(): string;
  /** The baseline: its network with nothing trained. Absent where a network cannot be drawn anew. */
  untrained?(seed: number): Embedder;
  dispose(): void;
}
