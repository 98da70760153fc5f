import { requireShape } from '@simclr/evaluation/input-shape';
import { requireUsed } from '@simclr/evaluation/require-used';
import { chooseEvaluated } from '@simclr/evaluation/wiring';
import { inputOf, type PlannedInputs, plannedDatasets, type StagePlan } from '@simclr/stage';
import { DATASET_KEY, EXTRACTION, type LinearEvalConfig } from '../config.ts';

/** The dataset that is evaluated; throws UserError where the encoder cannot take its images. */
export default function planLinearEval(config: LinearEvalConfig, inputs: PlannedInputs): StagePlan {
  requireUsed(config, EXTRACTION.stage);
  const { dataset } = config;
  const { encoder } = inputOf(inputs, 'encoder').plan;
  const given = plannedDatasets(inputs);
  // Where a stage before has a mistake, nobody knows what it would write.
  const known = given.length === 1 || (given.length > 1 && (dataset ?? encoder) !== undefined);
  if (!known) return { facts: { dataset: dataset ?? 'that of the encoder' } };
  const { name, shape } = chooseEvaluated(given, dataset, encoder, DATASET_KEY);
  if (encoder) requireShape(name, shape, encoder.inputShape);
  return { facts: { dataset: name } };
}
