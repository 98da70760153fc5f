import { readViewPolicy, type ViewPolicy } from '@simclr/artifacts';
import { type InputDataset, inputDatasets } from '@simclr/shards';
import { chooseDataset, inputFolder, type StageInputs } from '@simclr/stage';
import type { PretrainConfig } from './config.ts';
import { requireDataset } from './step-args.ts';

/** The config's name for the dataset, in errors. */
export const DATASET_KEY = 'pretrain.dataset';

/** The dataset to train on and the policy of its views. Throws UserError where they do not go together. */
export function readInputs(inputs: StageInputs, config: PretrainConfig): InputDataset & { views: ViewPolicy } {
  const dataset = chooseDataset(inputDatasets(inputs), config.dataset, DATASET_KEY);
  const views = readViewPolicy(inputFolder(inputs, 'views'));
  requireDataset(views, dataset.name);
  return { ...dataset, views };
}
