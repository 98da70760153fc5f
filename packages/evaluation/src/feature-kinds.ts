import type { FeatureKind, FeatureSet } from '@simclr/artifacts';
import { type Embedder, type Encoder, extractFeatures } from '@simclr/encoders';
import type { StageLog } from '@simclr/stage';
import type { EvaluationImages } from '@simclr/views';

/** What a dataset's features are made with. */
export interface FeatureContext {
  /** The dataset's. */
  name: string;
  train: EvaluationImages;
  validation?: EvaluationImages | undefined;
  test: EvaluationImages;
  encoder: Encoder;
  seed: number;
  log: StageLog;
}

/** Makes features of a split. @param onProgress images done, where it takes long */
export type Extract = (images: EvaluationImages, onProgress: (done: number) => void) => Promise<FeatureSet>;

/** How features of a kind are made; undefined where this dataset or encoder has none. */
export const EXTRACTORS: Record<FeatureKind, (context: FeatureContext) => Extract | undefined> = {
  pretrained: ({ encoder }) => byEmbedder(encoder),
  'random-init': ({ encoder, seed }) => encoder.untrained && byEmbedder(encoder.untrained(seed)),
  pixels: (context) => (fewPixels(context) ? pixelsOf : undefined),
};

const byEmbedder =
  (embedder: Embedder): Extract =>
  async (images, onProgress) => {
    const features = await extractFeatures(embedder, images.batches(), images.rows, onProgress);
    return { features, labels: images.labels, dim: embedder.featureDim };
  };

/**
 * What pixels a probe can be fitted to: its solver factors a matrix of the values of an image squared, and an evaluation of
 * its loss, of which a fit takes hundreds, is four operations a product of values in training and classes (of 2.5e10
 * about a second on two cores).
 */
const PIXELS = { perImage: 4096, inAll: 5e8, timesClasses: 2.5e10 };

const valuesOf = ({ shape }: EvaluationImages): number => shape[0] * shape[1] * shape[2];

/** Whether raw pixels can be evaluated; says so where not. */
function fewPixels({ name, train, test, log }: FeatureContext): boolean {
  const values = valuesOf(train);
  const inAll = values * (train.rows + test.rows);
  const timesClasses = values * train.rows * train.classes.length;
  if (values <= PIXELS.perImage && inAll <= PIXELS.inAll && timesClasses <= PIXELS.timesClasses) return true;
  const limits = Object.values(PIXELS).map((limit) => limit.toLocaleString('en-US'));
  log.info(
    `${name}: no baseline of raw pixels: ${train.rows} images of ${train.shape.join('×')}, ${train.classes.length} classes, are too many for a probe. allowed: ${limits[0]} values an image, ${limits[1]} in all, ${limits[2]} of training times classes`,
  );
  return false;
}

async function pixelsOf(images: EvaluationImages): Promise<FeatureSet> {
  const dim = valuesOf(images);
  const features = new Float32Array(images.rows * dim);
  let at = 0;
  for await (const batch of images.batches()) {
    features.set(batch, at);
    at += batch.length;
  }
  return { features, labels: images.labels, dim };
}
