import { FEATURE_KINDS } from '@simclr/artifacts';
import type { Encoder } from '@simclr/encoders';
import type { EvaluationImages } from '@simclr/views';
import { EXTRACTORS, type FeatureContext } from './feature-kinds.ts';
import { EVALUATED, type KindFeatures } from './feature-source.ts';

export interface ExtractOptions extends FeatureContext {
  /** Also the same network untrained, and the raw pixels where they are few enough. */
  baselines: boolean;
  /** Ends it, with the signal's reason, between batches. */
  signal?: AbortSignal | undefined;
  /** Told how many images a second the encoder took. */
  onRate?: ((imagesPerSecond: number) => void) | undefined;
}

/** Extracts features of a dataset's images, kind by kind: the pretrained encoder's, then what they are compared with. */
export async function* extractKinds(options: ExtractOptions): AsyncGenerator<KindFeatures> {
  const { name, train, validation, test, encoder, baselines, log, signal, onRate } = options;
  const wanted = FEATURE_KINDS.filter((kind) => kind === EVALUATED || baselines);
  const kinds = wanted.flatMap((kind) => {
    const extract = EXTRACTORS[kind](options);
    return extract ? [{ kind, extract }] : [];
  });
  const images = train.rows + (validation?.rows ?? 0) + test.rows;
  const progress = log.progress(kinds.length * images, 'images');
  try {
    for (const [i, { kind, extract }] of kinds.entries()) {
      let before = i * images;
      const started = performance.now();
      const features = async (split: EvaluationImages) => {
        const set = await extract(split, (done) => {
          signal?.throwIfAborted();
          progress.update(before + done, `${name} ${kind}`);
        });
        before += split.rows;
        return set;
      };
      const sets = {
        train: await features(train),
        ...(validation && { validation: await features(validation) }),
        test: await features(test),
      };
      if (kind === EVALUATED) {
        const rate = images / ((performance.now() - started) / 1000);
        log.metrics({ [`images_per_second/${name}`]: rate });
        onRate?.(rate);
        await assertUnchanged(encoder);
      }
      yield { kind, ...sets };
    }
  } finally {
    progress.stop();
  }
}

/** A linear evaluation that trained its encoder is none (a mistake that published results were made with). */
async function assertUnchanged({ digest, currentDigest }: Encoder): Promise<void> {
  const after = await currentDigest();
  if (after !== digest) throw new Error(`encoder changed during evaluation: ${digest} became ${after}`);
}
