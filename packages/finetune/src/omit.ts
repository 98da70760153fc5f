import { type AnyEncoderInfo, writePredictions, writeResults, writeTrials } from '@simclr/artifacts';
import { chooseEvaluated } from '@simclr/evaluation/wiring';
import { inputDatasets } from '@simclr/shards';
import type { StageContext, StageResult } from '@simclr/stage';
import { DATASET_KEY, type FinetuneConfig } from './config.ts';
import { fractionsOf, recipeOf } from './recipe.ts';

/** Results without a row: what was to be trained of an encoder that cannot be, and why. Other encoders of a table go on. */
export function omitAll(
  { config, inputs, out, log }: Pick<StageContext<FinetuneConfig>, 'config' | 'inputs' | 'out' | 'log'>,
  info: AnyEncoderInfo,
  reason: string,
): StageResult {
  const { name } = chooseEvaluated(inputDatasets(inputs), config.dataset, info, DATASET_KEY);
  const omitted = fractionsOf(config).map((labelFraction) => {
    const { protocol } = recipeOf(config, 'pretrained', labelFraction, 1);
    return { dataset: name, features: 'pretrained', protocol, labelFraction, draw: 0, reason } as const;
  });
  writeTrials(out, { trials: [] });
  writePredictions(out, { tests: [], predictions: [] });
  writeResults(out, { rows: [], flags: [], omitted });
  log.info(`not fine-tuned on ${name}: ${reason}`);
  log.tags({ omitted: reason });
  return { metrics: {} };
}
