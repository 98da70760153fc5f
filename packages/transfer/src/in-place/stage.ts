import { passOnMissing } from '@simclr/artifacts';
import { defineStage } from '@simclr/stage';
import { datasetChoices, TransferConfig } from '../config.ts';

/** Transfer of an encoder to other datasets, whose features are extracted here. */
export default defineStage({
  name: 'transfer',
  config: TransferConfig,
  async run(context) {
    if (passOnMissing(context)) return { metrics: {} };
    const { extractedFeatures } = await import('@simclr/evaluation/in-place');
    const { transfer } = await import('../transfer.ts');
    const datasets = extractedFeatures(context, {
      datasets: (given) => datasetChoices(given, context.config).map((choose) => choose()),
    });
    return transfer(context, datasets);
  },
});
