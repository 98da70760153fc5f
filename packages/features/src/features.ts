import { openEncoder } from '@simclr/encoders';
import { extractInput, writeFeaturesFolder } from '@simclr/evaluation/extraction';
import { chooseEvaluated } from '@simclr/evaluation/wiring';
import { inputDatasets } from '@simclr/shards';
import { inputFolder, type StageContext, type StageResult } from '@simclr/stage';
import { logMachine } from '@simclr/tensorflow';
import { DATASET_KEY, type FeaturesConfig } from './config.ts';

/** Extracts and writes the features of a dataset: of the encoder and, where they are wanted, of what it is compared with. */
export async function features(context: StageContext<FeaturesConfig>): Promise<StageResult> {
  const { config, inputs, out, log } = context;
  const { precision, batch, tap } = config;
  const encoder = await openEncoder(inputFolder(inputs, 'encoder'), { precision, batch, tap });
  try {
    logMachine(log);
    const { digest, parameters, flops } = encoder;
    log.params({
      'encoder.hash': digest,
      'encoder.parameters': parameters,
      ...(flops !== null && { 'encoder.flops': flops }),
    });
    const { name, ingest } = chooseEvaluated(inputDatasets(inputs), config.dataset, encoder, DATASET_KEY);
    const started = performance.now();
    let rate = 0;
    const onRate = (found: number) => {
      rate = found;
    };
    const given = { ...context, ingest, encoder, baselines: config.baselines, onRate };
    await writeFeaturesFolder(out, await extractInput(name, given));
    log.tags({ [`seconds/${name}/extraction`]: ((performance.now() - started) / 1000).toFixed(1) });
    return { metrics: { [`images_per_second/${name}`]: rate } };
  } finally {
    encoder.dispose();
  }
}
