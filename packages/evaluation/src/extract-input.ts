import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Flag, readDatasetInfo } from '@simclr/artifacts';
import type { Encoder } from '@simclr/encoders';
import { closeEncoded, type Encoded, loadInput, type Pixels, type SplitName } from '@simclr/shards';
import type { StageLog } from '@simclr/stage';
import type { EvaluationImages } from '@simclr/views';
import { aboutSplits } from './digests-of.ts';
import { extractKinds } from './extract-kinds.ts';
import type { FeatureSource } from './feature-source.ts';
import { imagePolicy, imagesFor } from './images.ts';
import { inputAlarm } from './input-alarm.ts';
import { flagNear, lookedAt, nothingSeen } from './near-images.ts';
import { requireSameClasses } from './refusals/require-classes.ts';

export interface ExtractInputOptions {
  /** Folder of the stage `ingest`. */
  ingest: string;
  encoder: Encoder;
  /** Also features of the untrained network, and pixels. */
  baselines: boolean;
  seed: number;
  log: StageLog;
  signal?: AbortSignal | undefined;
  /** Told how many images a second the encoder took. */
  onRate?: ((imagesPerSecond: number) => void) | undefined;
  /** Looks at the images' shape, null of files, before anything is computed. */
  check?: ((shape: readonly [number, number, number] | null) => void) | undefined;
}

/**
 * The encoder's features of a dataset of the stage `ingest`, by its name: the images are brought to what the encoder takes
 * as `imagesFor` says. They can be asked for once.
 *
 * @throws UserError where there is no such dataset, or the encoder cannot take its images
 */
export async function extractInput(name: string, options: ExtractInputOptions): Promise<FeatureSource> {
  const { ingest, encoder, log, signal, check } = options;
  const read = (split: SplitName) => loadInput(ingest, name, split, log, { several: true });
  const train = read('train');
  const validation = existsSync(join(ingest, name, 'validation')) ? read('validation') : undefined;
  const test = read('test');
  requireSameClasses(name, train.classes, {
    ...(validation && { validation: validation.classes }),
    test: test.classes,
  });
  check?.(train.shape);
  const seen = nothingSeen();
  const fed = (split: Pixels | Encoded, looks = seen.learned): EvaluationImages => {
    const images = lookedAt(imagesFor(encoder, name, split), looks, split.shape);
    return split.targets ? { ...images, labels: Int32Array.from(split.targets) } : images;
  };
  const images = { train: fed(train), ...(validation && { validation: fed(validation) }), test: fed(test, seen.test) };
  const { digest, parameters, flops, tap } = encoder;
  const flags: Flag[] = [];
  const tell = (found: readonly Flag[]) => {
    flags.push(...found);
    for (const { message } of found) log.info(`flag: ${message}`);
  };
  const { splits, images: digests } = await aboutSplits({ train, validation, test }, signal);
  const nearImages = async () => {
    const progress = log.progress(seen.learned.count + seen.test.count, 'images');
    try {
      const onProgress = (done: number) => progress.update(done, `${name} near duplicates`);
      return await flagNear(name, seen, digests, { signal, onProgress });
    } finally {
      progress.stop();
    }
  };
  return {
    dataset: name,
    classes: train.classes,
    ...aboutDataset(join(ingest, name), train),
    encoder: {
      digest,
      parameters,
      flops,
      preprocessing: imagePolicy(encoder, name),
      ...(tap && { tap }),
    },
    splits,
    ...(test.targets && { difficult: test.targets.filter((label) => label === 0).length }),
    flags,
    images: digests,
    getting: 'extraction',
    async *kinds() {
      try {
        tell(await inputAlarm(encoder, name, images.train, signal));
        yield* extractKinds({ ...options, name, ...images });
        tell(await nearImages());
      } finally {
        for (const split of [train, validation, test]) if (split?.shape === null) closeEncoded(split);
      }
    },
  };
}

/** What results are compared by. Folders of splits alone, without dataset.json, are of top-1 or mAP. */
function aboutDataset(folder: string, { targets }: Pixels | Encoded): Pick<FeatureSource, 'metric' | 'severalLabels'> {
  if (existsSync(join(folder, 'dataset.json'))) {
    const { metric, severalLabels } = readDatasetInfo(folder);
    return { metric, severalLabels };
  }
  return { metric: targets ? '11-point-map' : 'top-1', severalLabels: targets !== undefined };
}
