/**
 * Features for a probe that has an encoder and images among its inputs, extracted as the stage `features` extracts them.
 * Apart from the index, so that probes of ready features do not reach what extracts them.
 */
import { type Encoder, openEncoder } from '@simclr/encoders';
import { type InputDataset, inputDatasets } from '@simclr/shards';
import { inputFolder, type StageContext } from '@simclr/stage';
import type { ProbeConfig } from './config.ts';
import { extractInput } from './extract-input.ts';
import type { FeatureSource } from './feature-source.ts';

/** What is extracted. */
export interface InPlace {
  /** Of the datasets that the stage is given those to evaluate on. */
  datasets(given: readonly InputDataset[], encoder: Encoder): readonly InputDataset[];
  /** Looks at the shape of a dataset's images, null of files, before anything is computed. */
  check?(dataset: string, shape: readonly [number, number, number] | null, encoder: Encoder): void;
}

/** The features of datasets, each extracted when it is asked for. */
export async function* extractedFeatures(
  context: StageContext<ProbeConfig>,
  inPlace: InPlace,
): AsyncGenerator<FeatureSource> {
  const { config, inputs } = context;
  const encoder = await openEncoder(inputFolder(inputs, 'encoder'));
  try {
    for (const { name: dataset, ingest } of inPlace.datasets(inputDatasets(inputs), encoder)) {
      const check: InPlace['check'] = inPlace.check?.bind(inPlace);
      yield await extractInput(dataset, {
        ...context,
        encoder,
        ingest,
        baselines: config.baselines ?? true,
        check: check && ((shape) => check(dataset, shape, encoder)),
      });
    }
  } finally {
    encoder.dispose();
  }
}
