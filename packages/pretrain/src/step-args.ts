import type { ViewPolicy } from '@simclr/artifacts';
import type { TrainStepArgs } from '@simclr/nn';
import { UserError } from '@simclr/stage';
import type { PretrainConfig } from './config.ts';

/** Throws UserError where the views are of another dataset than the images. */
export function requireDataset(views: Pick<ViewPolicy, 'dataset'>, dataset: string): void {
  if (views.dataset === dataset) return;
  throw new UserError(
    `datasets differ: augment.dataset is ${views.dataset}, pretrain.dataset ${dataset}. make them equal in the config`,
  );
}

/** Throws UserError where a batch would hold an image twice, which would be its own negative. */
export function requireRows(dataset: string, rows: number, batch: number): void {
  if (batch <= rows) return;
  throw new UserError(
    `batch too large: pretrain.batch is ${batch}, and ${dataset}/train has ${rows} images. at most ${rows}. lower it in the config`,
  );
}

/** Throws UserError where a batch cannot be divided among so many ranks. */
export function requireRanks({ batch, chunk }: PretrainConfig, ranks: number): void {
  if (ranks > 1 && chunk !== undefined)
    throw new UserError(
      `chunk over ranks: pretrain.chunk is ${chunk}, and RANKS ${ranks}. ranks divide the batch already: take one of the two`,
    );
  if (batch % ranks !== 0)
    throw new UserError(`invalid ranks: RANKS is ${ranks}. expected a divisor of pretrain.batch, ${batch}`);
}

/** Shape of the images that the device is to make views of. Throws UserError where they are files. */
export function rawShape(dataset: string, shape: ViewPolicy['shape'] | null): ViewPolicy['shape'] {
  if (shape) return shape;
  throw new UserError(
    `invalid views: device makes them of pixels, and ${dataset} keeps its files. expected pretrain.views = workers`,
  );
}

/** The contrastive train step that a config and the shape of the views come to; a supervised one has the same network and batch, and no head. */
export function stepArgs(config: PretrainConfig, inputShape: ViewPolicy['shape']): TrainStepArgs {
  const { objective, head, optimizer, batch } = config;
  const network = { ...config.network, channels: inputShape[2] };
  const learned = objective.kind === 'supervised' ? SUPERVISED : { objective, head };
  return { network, ...learned, optimizer, batch, inputShape: [...inputShape] };
}

/** The objective is not used. */
const SUPERVISED: Pick<TrainStepArgs, 'objective' | 'head'> = {
  objective: { temperature: 1, normalize: true, scale: 'paper' },
  head: { kind: 'none', layers: 0, outDim: 1 },
};
