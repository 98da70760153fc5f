import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Flag } from '@simclr/artifacts';
import type { Encoder } from '@simclr/encoders';
import { closeEncoded, type Encoded, loadInput, type Pixels, type SplitName } from '@simclr/shards';
import type { StageLog } from '@simclr/stage';
import { extractKinds } from './extract-kinds.ts';
import type { FeatureSource } from './feature-source.ts';
import { imagePolicy, imagesFor } from './images.ts';
import { inputAlarm } from './input-alarm.ts';

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
  const read = (split: SplitName) => loadInput(ingest, name, split, log);
  const train = read('train');
  const validation = existsSync(join(ingest, name, 'validation')) ? read('validation') : undefined;
  const test = read('test');
  check?.(train.shape);
  const images = {
    train: imagesFor(encoder, name, train),
    ...(validation && { validation: imagesFor(encoder, name, validation) }),
    test: imagesFor(encoder, name, test),
  };
  const { digest, parameters, flops } = encoder;
  const flags: Flag[] = [];
  return {
    dataset: name,
    classes: train.classes,
    encoder: { digest, parameters, flops, preprocessing: imagePolicy(encoder, name) },
    splits: { train: said(train), ...(validation && { validation: said(validation) }), test: said(test) },
    flags,
    getting: 'extraction',
    async *kinds() {
      try {
        flags.push(...(await inputAlarm(encoder, name, images.train)));
        for (const { message } of flags) log.info(`flag: ${message}`);
        yield* extractKinds({ ...options, name, ...images });
      } finally {
        for (const split of [train, validation, test]) if (split?.shape === null) closeEncoded(split);
      }
    },
  };
}

const said = ({ rows, digest }: Pixels | Encoded): { rows: number; digest: string } => ({ rows, digest });
