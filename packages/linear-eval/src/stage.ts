import { requireShape } from '@simclr/evaluation/input-shape';
import { defineStage, plannedDataset, requireInputs } from '@simclr/stage';
import { LinearEvalConfig } from './config.ts';

/** Linear evaluation (section B.8's protocol: frozen features, L2 logistic regression). */
export default defineStage({
  name: 'linear-eval',
  config: LinearEvalConfig,
  plan({ dataset }, inputs) {
    requireInputs(inputs, 'linear-eval', ['ingest', 'pretrain']);
    const { encoder } = inputs.pretrain!;
    const name = dataset ?? encoder?.dataset;
    const images = name === undefined ? undefined : plannedDataset(inputs, name);
    if (images && encoder) requireShape(name!, images.shape, encoder.inputShape);
    return { facts: { dataset: dataset ?? 'that of the encoder' } };
  },
  run: async (context) => (await import('./linear-eval.ts')).linearEval(context),
});
