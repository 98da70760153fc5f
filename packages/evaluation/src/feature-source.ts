import type { FeatureKind, FeatureSet, FeaturesInfo, ImageDigests } from '@simclr/artifacts';

/** The kind that is evaluated; the others are what it is compared with. */
export const EVALUATED: FeatureKind = 'pretrained';

/** Features of one kind. */
export interface KindFeatures {
  kind: FeatureKind;
  train: FeatureSet;
  /** Of an official validation split, which is not in `train`. */
  validation?: FeatureSet | undefined;
  test: FeatureSet;
}

/** Features of a dataset, for protocols: whether they are extracted now or were before, these cannot tell. */
export interface FeatureSource extends Omit<FeaturesInfo, 'kinds'> {
  /** Of the images that they are of, where they are known. */
  images: ImageDigests | undefined;
  /** What getting them is called where its time is told. */
  getting: 'extraction' | 'reading';
  /** They are made, or read, when they are asked for: one kind is in memory at a time. */
  kinds(): AsyncIterable<KindFeatures>;
}
