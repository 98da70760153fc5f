import { rankCount } from '@simclr/collective/ranks';
import { parameterCount, peakRate, stepMemory, trainStepFlops, trainSteps, warmupSteps } from '@simclr/nn/plan';
import {
  checkAll,
  inputOf,
  type PlannedDataset,
  type PlannedInputs,
  plannedDataset,
  type StagePlan,
} from '@simclr/stage';
import { DEVICE_SLOTS, deviceBytes, ringBytes } from '@simclr/views/ring';
import type { PretrainConfig } from './config.ts';
import { DATASET_KEY } from './inputs.ts';
import { rawShape, requireDataset, requireRanks, requireRows, stepArgs } from './step-args.ts';

const UNKNOWN = 'unknown until ingest';

const gigabytes = (bytes: number): string => `${Number((bytes / 1e9).toPrecision(3))} GB`;
const millions = (count: number): string => `${Number((count / 1e6).toPrecision(4))} M`;

/**
 * What pretraining comes to: steps and learning rate by the reference's formulas, size and cost of a step, and memory,
 * which `stepMemory` estimates.
 */
export default function planPretrain(config: PretrainConfig, inputs: PlannedInputs): StagePlan {
  const { epochs, batch, chunk, network, optimizer, learningRate } = config;
  const images = plannedDataset(inputs, config.dataset, DATASET_KEY);
  const { views } = inputOf(inputs, 'views').plan;
  const dataset = images?.name ?? config.dataset ?? views?.dataset;
  const rows = images?.train;
  const ranks = rankCount();
  checkAll([
    () => views && dataset !== undefined && requireDataset(views, dataset),
    () => images && config.views === 'device' && rawShape(images.name, images.shape),
    () => requireRanks(config, ranks),
    () => images?.train !== undefined && requireRows(images.name, images.train, batch),
  ]);
  const inputShape = images?.shape ?? views?.shape;
  return {
    ...(inputShape &&
      dataset !== undefined && {
        encoder: { dataset, inputShape, network: { ...network, channels: inputShape[2] } },
      }),
    facts: {
      images: rows ?? UNKNOWN,
      epochs,
      steps: rows === undefined ? UNKNOWN : trainSteps(rows, epochs, batch),
      batch: chunk === undefined ? batch : `${batch.toLocaleString('en-US')} in chunks of ${chunk}`,
      ...(ranks > 1 && { ranks }),
      optimizer: `${optimizer.name}, weight decay ${optimizer.weightDecay}`,
      'peak learning rate': peakRate({ ...learningRate, batch }),
      'warmup steps': rows === undefined ? UNKNOWN : warmupSteps(rows, learningRate.warmupEpochs, batch),
      network: networkFact(network),
      ...(views && stepFacts(config, views, images)),
      ...(images?.shape && rows !== undefined && { 'images in memory': gigabytes(rows * product(images.shape)) }),
    },
  };
}

/** Selective kernels and gates are in none of the counts. */
function networkFact({ depth, width, stem, skRatio, seRatio }: PretrainConfig['network']): string {
  const extras = [skRatio && `selective kernels ${skRatio}`, seRatio && `squeeze and excitation ${seRatio}`].filter(
    Boolean,
  );
  const more = extras.length ? `; ${extras.join(', ')}, not counted below` : '';
  return `ResNet-${depth}, width ${width}, ${stem} stem${more}`;
}

const product = (shape: readonly number[]): number => shape.reduce((all, n) => all * n, 1);

type Views = NonNullable<StagePlan['views']>;

function stepFacts(config: PretrainConfig, views: Views, images: PlannedDataset | undefined): StagePlan['facts'] {
  const args = stepArgs(config, views.shape);
  const { encoder, head } = parameterCount(args);
  const memory = (precision: 'fp32' | 'bf16'): string => {
    const { total, state, activations } = stepMemory({ ...args, chunk: config.chunk }, precision);
    return `${gigabytes(total)}, of which weights, slots and gradients ${gigabytes(state)}, activations ${gigabytes(activations)}`;
  };
  // A classifier's size, which hangs on the classes, is nothing beside the encoder's.
  const headFact = config.objective.kind === 'supervised' ? 'a classifier' : `${millions(head)} in the head`;
  const { name, bytes } = loaderBytes(config, views, images);
  return {
    parameters: `${millions(encoder)} in the encoder, ${headFact}`,
    'GFLOP a step': trainStepFlops({ ...args, chunk: config.chunk }) / 1e9,
    'memory, fp32': memory('fp32'),
    'memory, bf16': memory('bf16'),
    [`${name} in memory`]: bytes === undefined ? UNKNOWN : gigabytes(bytes),
  };
}

/** Memory of the view loader, bytes; unknown until the images' shape is. */
function loaderBytes(
  { views: engine, batch }: PretrainConfig,
  views: Views,
  images?: PlannedDataset,
): { name: string; bytes: number | undefined } {
  if (engine === 'workers') return { name: 'views', bytes: ringBytes(batch, views.shape) };
  const name = 'pixels and draws';
  if (!images?.shape) return { name, bytes: undefined };
  const { pixels, draws } = deviceBytes(batch, images.shape, views.policy);
  return { name, bytes: DEVICE_SLOTS * (pixels + draws) };
}
