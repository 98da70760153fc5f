import { UserError } from './errors.ts';
import { type ByRole, type InputTask, inputsOf } from './inputs.ts';

/** What is known of a dataset before the stage that writes it has run. */
export interface PlannedDataset {
  /** Height, width, channels; null where the images stay encoded files of different sizes. */
  shape: readonly [height: number, width: number, channels: number] | null;
  /** Images of the split; absent where that shows when the stage runs. */
  train?: number | undefined;
  test?: number | undefined;
  classes?: number | undefined;
}

/** A ResNet before there is one: the keys of packages/nn's config that are always there. */
export interface PlannedNetwork {
  depth: number;
  width: number;
  stem: 'cifar' | 'imagenet';
  channels: number;
}

/** What a stage would do, from its config alone: what `npm run pipeline -- dry-run` prints. */
export interface StagePlan {
  /** By what they are, in the order in which they are printed. */
  facts: Record<string, string | number>;
  /** Datasets that it would write, by name. */
  datasets?: Record<string, PlannedDataset>;
  /** The views that it would fix for the stages after it. */
  views?: { dataset: string; policy: string; shape: readonly [height: number, width: number, channels: number] };
  /** The encoder that it would write: pretrained on `dataset`, fed with images of `inputShape`. */
  encoder?: {
    dataset: string;
    inputShape: readonly [height: number, width: number, channels: number];
    /** Where it can be trained on. */
    network?: PlannedNetwork;
  };
  /** What has to be written before the stage can run with this config; absent where it can. */
  missing?: string | undefined;
}

/** An input before it is there: what its stage said of itself, without facts where it has no plan or a mistake in its config. */
export interface PlannedInput extends InputTask {
  plan: StagePlan;
}
export type PlannedInputs = ByRole<PlannedInput>;

/**
 * The default export of what a stage's package exports as `./plan`: what the stage would do, for a dry run and for the check
 * before a run. It touches no data and loads no TensorFlow. A file of its own, so that a change in it runs no stage again.
 *
 * @param inputs by role, what the stages before said of themselves
 * @throws UserError where the configs of stages do not go together
 */
export type Plan<C = unknown> = (config: C, inputs: PlannedInputs) => StagePlan;

/** Datasets that a stage would be given, in the order of its inputs; none where they do not say what they would write. */
export function plannedDatasets(inputs: PlannedInputs): (PlannedDataset & { name: string; task: string })[] {
  return inputsOf(inputs, 'dataset').flatMap(({ task, plan }) =>
    Object.entries(plan.datasets ?? {}).map(([name, dataset]) => ({ ...dataset, name, task })),
  );
}

/** The dataset that a stage would use, as `chooseDataset`; undefined where its inputs do not say what they would write. */
export function plannedDataset(inputs: PlannedInputs, wanted: string | undefined, key: string) {
  const datasets = plannedDatasets(inputs);
  return datasets.length ? chooseDataset(datasets, wanted, key) : undefined;
}

/**
 * Of the datasets that a stage is given the one that its config names, or else the only one.
 *
 * @param key of the config that names one: `augment.dataset`
 * @throws UserError where it is not among them, or none is named and there are several
 */
export function chooseDataset<D extends { name: string }>(
  given: readonly D[],
  wanted: string | undefined,
  key: string,
): D {
  const names = given.map(({ name }) => name).join(', ') || 'none';
  if (wanted === undefined) {
    const [only, ...others] = given;
    if (only && !others.length) return only;
    throw new UserError(`no dataset chosen: ${key}. the stages before write: ${names}. name one in the config`);
  }
  const found = given.find(({ name }) => name === wanted);
  if (found) return found;
  throw new UserError(`unknown dataset: ${wanted}. the stages before write: ${names}. correct ${key} in the config`);
}
