import { type PlannedInputs, plannedDataset, type StagePlan, UserError } from '@simclr/stage';
import { type PolicyPair, parsePair, printPair } from '@simclr/views';
import { type AugmentConfig, DATASET_KEY } from './config.ts';
import { trainingShape } from './training-shape.ts';

/** The policy in its shortest text, and the shape of its views where the dataset is known. */
export default function planAugment({ dataset, policy }: AugmentConfig, inputs: PlannedInputs): StagePlan {
  const pair = pairOf(policy);
  const images = plannedDataset(inputs, dataset, DATASET_KEY);
  const text = printPair(pair);
  if (!images) return { facts: { policy: text } };
  const shape = trainingShape(pair, images, images.name);
  return {
    facts: { policy: text, views: shape.join('×') },
    views: { dataset: images.name, policy: text, shape },
  };
}

/** The views of the config; what is wrong with them is told with the key, as of any other value. */
function pairOf(policy: string): PolicyPair {
  try {
    return parsePair(policy);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const said = error.message.replace(` of view policy '${policy}'`, '');
    throw new UserError(
      `invalid config value: augment.policy = ${JSON.stringify(policy)}. ${said}. correct the config`,
    );
  }
}
