/**
 * The stage `linear-eval`: of features, or of an encoder and its own dataset, what a logistic regression and kNN make of
 * them, with the nearest neighbours that the report shows. {@link ../example.ts} plans one.
 */
import { requireShape } from '@simclr/evaluation/input-shape';
import { requireUsed } from '@simclr/evaluation/require-used';
import { chooseEvaluated, readsFeatures } from '@simclr/evaluation/wiring';
import { defineStage, inputOf, plannedDatasets, type StagePlan } from '@simclr/stage';
import { DATASET_KEY, EXTRACTION_KEYS, LinearEvalConfig } from './config.ts';

const PROBE = { stage: 'linear-eval', extraction: EXTRACTION_KEYS };

/** Linear evaluation (section B.8's protocol: frozen features, L2 logistic regression). */
export default defineStage({
  name: 'linear-eval',
  config: LinearEvalConfig,
  plan(config, inputs): StagePlan {
    requireUsed(config, PROBE.stage);
    if (readsFeatures(inputs, { ...PROBE, config })) return { facts: {} };
    const { encoder } = inputOf(inputs, 'encoder').plan;
    const given = plannedDatasets(inputs);
    // Where a stage before has a mistake, nobody knows what it would write.
    const known = given.length === 1 || (given.length > 1 && (config.dataset ?? encoder) !== undefined);
    if (!known) return { facts: { dataset: config.dataset ?? 'that of the encoder' } };
    const { name, shape } = chooseEvaluated(given, config.dataset, encoder, DATASET_KEY);
    if (encoder) requireShape(name, shape, encoder.inputShape);
    return { facts: { dataset: name } };
  },
  async run(context) {
    // DVC by hand asks for no plan.
    requireUsed(context.config, PROBE.stage);
    readsFeatures(context.inputs, { ...PROBE, config: context.config });
    return (await import('./linear-eval.ts')).linearEval(context);
  },
});
