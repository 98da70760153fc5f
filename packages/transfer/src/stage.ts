import { requireColour } from '@simclr/evaluation/input-shape';
import { featuresInputs, requireUnused } from '@simclr/evaluation/wiring';
import { checkAll, defineStage, plannedDataset, requireInputs, type StagePlan, UserError } from '@simclr/stage';
import { EXTRACTION_KEYS, TransferConfig } from './config.ts';

/** Transfer by linear evaluation to other datasets (section 6.3, B.8). */
export default defineStage({
  name: 'transfer',
  config: TransferConfig,
  plan(config, inputs): StagePlan {
    if (featuresInputs(inputs).length) {
      requireUnused(config, EXTRACTION_KEYS, 'transfer');
      return { facts: {} };
    }
    const { datasets } = config;
    requireInputs(inputs, 'transfer', ['ingest', 'pretrain']);
    if (!datasets) throw new UserError('missing: transfer.datasets. name datasets of the stage ingest');
    const { encoder } = inputs.pretrain!;
    checkAll(
      datasets.map((name) => () => {
        const images = plannedDataset(inputs, name);
        if (images?.shape === null && encoder) requireColour(name, encoder.inputShape);
      }),
    );
    return { facts: { datasets: datasets.join(', ') } };
  },
  run: async (context) => (await import('./transfer.ts')).transfer(context),
});
