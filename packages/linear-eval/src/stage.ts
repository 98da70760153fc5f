import { defineStage, plannedDataset } from '@simclr/stage';
import { LinearEvalConfig } from './config.ts';

/** Linear evaluation (section B.8's protocol: frozen features, L2 logistic regression). */
export default defineStage({
  name: 'linear-eval',
  config: LinearEvalConfig,
  plan({ dataset }, inputs) {
    if (dataset !== undefined) plannedDataset(inputs, dataset);
    return { facts: { dataset: dataset ?? 'that of the encoder' } };
  },
  run: async (context) => (await import('./linear-eval.ts')).linearEval(context),
});
