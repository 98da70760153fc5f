import { requireColour } from '@simclr/evaluation/input-shape';
import { checkAll, defineStage, plannedDataset, requireInputs } from '@simclr/stage';
import { TransferConfig } from './config.ts';

/** Transfer by linear evaluation to other datasets (section 6.3, B.8). */
export default defineStage({
  name: 'transfer',
  config: TransferConfig,
  plan({ datasets }, inputs) {
    requireInputs(inputs, 'transfer', ['ingest', 'pretrain']);
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
