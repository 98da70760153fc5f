import type { Encoder } from '@simclr/encoders';
import { closeEncoded, loadInput, loadTraining } from '@simclr/shards';
import type { StageLog } from '@simclr/stage';
import { extractKinds } from './extract-kinds.ts';
import type { FeatureSource } from './feature-source.ts';
import { imagesFor } from './images.ts';

export interface ExtractInputOptions {
  /** Folder of the stage `ingest`. */
  ingest: string;
  encoder: Encoder;
  /** Also features of the untrained network, and pixels. */
  baselines: boolean;
  seed: number;
  log: StageLog;
  signal?: AbortSignal | undefined;
  /** Looks at the images' shape, null of files, before anything is computed. */
  check?: ((shape: readonly [number, number, number] | null) => void) | undefined;
}

/**
 * The encoder's features of a dataset of the stage `ingest`, by its name: the images are brought to what the encoder takes
 * as `imagesFor` says. They can be asked for once.
 *
 * @throws UserError where there is no such dataset, or the encoder cannot take its images
 */
export function extractInput(name: string, options: ExtractInputOptions): FeatureSource {
  const { ingest, encoder, log, check } = options;
  const splits = { train: loadTraining(ingest, name, log), test: loadInput(ingest, name, 'test', log) };
  check?.(splits.train.shape);
  const [train, test] = [splits.train, splits.test].map((images) => imagesFor(encoder, name, images));
  const { digest, parameters } = encoder;
  return {
    dataset: name,
    classes: splits.train.classes,
    encoder: { digest, parameters },
    splits: {
      train: { rows: splits.train.rows, digest: splits.train.digest },
      test: { rows: splits.test.rows, digest: splits.test.digest },
    },
    getting: 'extraction',
    async *kinds() {
      try {
        yield* extractKinds({ ...options, name, train: train!, test: test! });
      } finally {
        for (const images of Object.values(splits)) if (!images.shape) closeEncoded(images);
      }
    },
  };
}
