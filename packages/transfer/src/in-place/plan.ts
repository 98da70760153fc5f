import { requireColour } from '@simclr/evaluation/input-shape';
import { requireUsed } from '@simclr/evaluation/require-used';
import { checkAll, inputOf, type PlannedInputs, plannedDatasets, type StagePlan } from '@simclr/stage';
import { datasetChoices, EXTRACTION, type TransferConfig } from '../config.ts';

/** The datasets that are evaluated; throws UserError, a line for each whose images the encoder cannot take. */
export default function planTransfer(config: TransferConfig, inputs: PlannedInputs): StagePlan {
  requireUsed(config, EXTRACTION.stage);
  const { encoder } = inputOf(inputs, 'encoder').plan;
  const given = plannedDatasets(inputs);
  // Where a stage before has a mistake, nobody knows what it would write.
  if (!given.length) return { facts: { datasets: config.datasets?.join(', ') ?? 'all' } };
  const names: string[] = [];
  checkAll(
    datasetChoices(given, config).map((choose) => () => {
      const { name, shape } = choose();
      if (shape === null && encoder) requireColour(name, encoder.inputShape);
      names.push(name);
    }),
  );
  return { facts: { datasets: names.join(', ') } };
}
