import { defineStage, plannedDataset } from '@simclr/stage';
import { TransferConfig } from './config.ts';

/** Transfer by linear evaluation to other datasets (section 6.3, B.8). */
export default defineStage({
  name: 'transfer',
  config: TransferConfig,
  plan({ datasets }, inputs) {
    for (const name of datasets) plannedDataset(inputs, name);
    return { facts: { datasets: datasets.join(', ') } };
  },
  run: async (context) => (await import('./transfer.ts')).transfer(context),
});
