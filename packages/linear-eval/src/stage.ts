import { requireShape } from '@simclr/evaluation/input-shape';
import { featuresInputs, requireUnused } from '@simclr/evaluation/wiring';
import { defineStage, plannedDataset, requireInputs, type StagePlan, UserError } from '@simclr/stage';
import { EXTRACTION_KEYS, LinearEvalConfig } from './config.ts';

/** Linear evaluation (section B.8's protocol: frozen features, L2 logistic regression). */
export default defineStage({
  name: 'linear-eval',
  config: LinearEvalConfig,
  plan(config, inputs): StagePlan {
    const features = featuresInputs(inputs);
    if (features.length > 1)
      throw new UserError(
        `several features: linear-eval reads those of one dataset. give it each: features, or evaluate them in transfer`,
      );
    if (features.length) {
      requireUnused(config, EXTRACTION_KEYS, 'linear-eval');
      return { facts: {} };
    }
    const { dataset } = config;
    requireInputs(inputs, 'linear-eval', ['ingest', 'pretrain']);
    const { encoder } = inputs.pretrain!;
    const name = dataset ?? encoder?.dataset;
    const images = name === undefined ? undefined : plannedDataset(inputs, name);
    if (images && encoder) requireShape(name!, images.shape, encoder.inputShape);
    return { facts: { dataset: dataset ?? 'that of the encoder' } };
  },
  run: async (context) => (await import('./linear-eval.ts')).linearEval(context),
});
