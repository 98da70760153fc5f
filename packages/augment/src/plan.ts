import { type PlannedInputs, plannedDataset, type StagePlan } from '@simclr/stage';
import { parsePair, printPair } from '@simclr/views';
import { type AugmentConfig, DATASET_KEY } from './config.ts';
import { trainingShape } from './training-shape.ts';

/** The policy in its shortest text, and the shape of its views where the dataset is known. */
export default function planAugment({ dataset, policy }: AugmentConfig, inputs: PlannedInputs): StagePlan {
  const pair = parsePair(policy);
  const images = plannedDataset(inputs, dataset, DATASET_KEY);
  const text = printPair(pair);
  if (!images) return { facts: { policy: text } };
  const shape = trainingShape(pair, images, images.name);
  return {
    facts: { policy: text, views: shape.join('×') },
    views: { dataset: images.name, policy: text, shape },
  };
}
