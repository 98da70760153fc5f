import { planNetwork } from './conv-plan.ts';
import { TRAIN_ALL } from './freezing.ts';
import type { ResNetConfig } from './resnet-config.ts';
import { type StepMemory, stepMemory } from './step-memory.ts';

/** Of `SupervisedStepArgs`, what counts. A classifier, which hangs on the classes, is nothing beside the network. */
export interface SupervisedSize {
  network: ResNetConfig;
  /** Images a step. */
  batch: number;
  inputShape: readonly [number, number, number];
  fineTuneAfterBlock?: number;
}

/**
 * Floating-point operations of the products in one supervised step, counted as `trainStepFlops` does; what is frozen has
 * no backward pass, and the first convolution that trains none for its input.
 */
export function supervisedStepFlops({
  network,
  batch,
  inputShape,
  fineTuneAfterBlock = TRAIN_ALL,
}: SupervisedSize): number {
  const convolutions = planNetwork(network, inputShape).convolutions;
  const first = convolutions.findIndex(({ group }) => group > fineTuneAfterBlock);
  const passes = (at: number): number => {
    if (first < 0 || at < first) return 1;
    return at === first ? 2 : 3;
  };
  const products = convolutions.map(
    ({ size, from, to, positions }, at) => passes(at) * positions * size * size * from * to,
  );
  return 2 * batch * products.reduce((sum, product) => sum + product, 0);
}

/** Estimate of the memory of a supervised step, as `stepMemory` has it, where the whole network trains: the most that it takes. */
export function supervisedStepMemory(
  { network, batch, inputShape }: SupervisedSize,
  precision: 'fp32' | 'bf16',
): Omit<StepMemory, 'loss'> {
  const { state, activations, workspace } = stepMemory(
    {
      network,
      head: { kind: 'none', layers: 0, outDim: 1 },
      objective: { temperature: 1, normalize: true, scale: 'paper' },
      optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0 },
      // It counts two views a pair.
      batch: batch / 2,
      inputShape: [...inputShape],
    },
    precision,
  );
  return { state, activations, workspace, total: state + activations + workspace };
}
