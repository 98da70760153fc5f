import { requireColour } from '@simclr/evaluation/input-shape';
import { chooseEvaluated } from '@simclr/evaluation/wiring';
import { inputOf, type PlannedInputs, plannedDatasets, type StagePlan } from '@simclr/stage';
import { DATASET_KEY, type FeaturesConfig } from './config.ts';

/** The dataset whose features are extracted; throws UserError where the encoder cannot take its images. */
export default function planFeatures({ dataset }: FeaturesConfig, inputs: PlannedInputs): StagePlan {
  const { encoder } = inputOf(inputs, 'encoder').plan;
  const given = plannedDatasets(inputs);
  // Where a stage before has a mistake, nobody knows what it would write.
  const known = given.length === 1 || (given.length > 1 && (dataset ?? encoder) !== undefined);
  if (!known) return { facts: { dataset: dataset ?? 'that of the encoder' } };
  const { name, shape } = chooseEvaluated(given, dataset, encoder, DATASET_KEY);
  if (shape === null && encoder) requireColour(name, encoder.inputShape);
  return { facts: { dataset: name } };
}
