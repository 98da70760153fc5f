/**
 * The stage `features`: of an encoder and a dataset the features of every image, once for all protocols that evaluate the
 * encoder on it. {@link ../example.ts} plans one.
 */
import { requireColour } from '@simclr/evaluation/input-shape';
import { chooseEvaluated } from '@simclr/evaluation/wiring';
import { defineStage, inputOf, plannedDatasets, type StagePlan } from '@simclr/stage';
import { DATASET_KEY, FeaturesConfig } from './config.ts';

/** Features of one dataset's images, for every protocol that evaluates the encoder on it. */
export default defineStage({
  name: 'features',
  config: FeaturesConfig,
  plan({ dataset }, inputs): StagePlan {
    const { encoder } = inputOf(inputs, 'encoder').plan;
    const given = plannedDatasets(inputs);
    // Where a stage before has a mistake, nobody knows what it would write.
    const known = given.length === 1 || (given.length > 1 && (dataset ?? encoder) !== undefined);
    if (!known) return { facts: { dataset: dataset ?? 'that of the encoder' } };
    const { name, shape } = chooseEvaluated(given, dataset, encoder, DATASET_KEY);
    if (shape === null && encoder) requireColour(name, encoder.inputShape);
    return { facts: { dataset: name } };
  },
  run: async (context) => (await import('./features.ts')).features(context),
});
