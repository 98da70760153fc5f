import type { ImportOptions } from '@simclr/nn/checkpoints';

/** What is said of a checkpoint beside its file. */
export interface EncoderOptions extends ImportOptions {
  /** Height and width of the images. Default: 224 with the ImageNet stem, 32 with the CIFAR stem. */
  size?: number | undefined;
  /** What it was pretrained on; linear evaluation takes that dataset by default. Default: `imported`. */
  dataset?: string | undefined;
}

/** What is said of a graph beside its file. */
export interface GraphOptions {
  /** How it wants its images, in the language of views. */
  preprocess?: string | undefined;
  /** Name of the output that features are, where there are several. */
  output?: string | undefined;
  /** What it was pretrained on. */
  dataset?: string | undefined;
}
