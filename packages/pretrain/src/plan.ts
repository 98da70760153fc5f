import { DEVICE_SLOTS, deviceBytes, ringBytes } from '@simclr/augment/ring';
import { parameterCount, peakRate, stepMemory, trainStepFlops, trainSteps, warmupSteps } from '@simclr/nn/plan';
import { type PlannedDataset, plannedDataset, type StagePlan } from '@simclr/stage';
import { FEED_BUFFER_LIMIT } from '@simclr/tensorflow/feed-buffer';
import type { PretrainConfig } from './config.ts';
import { requireDataset, stepArgs } from './step-args.ts';

const UNKNOWN = 'unknown until ingest';

const gigabytes = (bytes: number): string => `${Number((bytes / 1e9).toPrecision(3))} GB`;
const millions = (count: number): string => `${Number((count / 1e6).toPrecision(4))} M`;

/**
 * What pretraining comes to: steps and learning rate by the reference's formulas, size and cost of a step, and memory,
 * which `stepMemory` estimates.
 */
export function planPretrain(config: PretrainConfig, inputs: Record<string, StagePlan>): StagePlan {
  const { dataset, epochs, batch, chunk, network, optimizer, learningRate } = config;
  const images = plannedDataset(inputs, dataset);
  const views = inputs.augment?.views;
  if (views) requireDataset(views, dataset);
  const rows = images?.train;
  const missing = [
    images?.shape === null && `pretrain reads pixels, and ${dataset} keeps its files`,
    views && bufferLimit(loaderBytes(config, views, images)),
  ].filter(Boolean);
  return {
    facts: {
      images: rows ?? UNKNOWN,
      epochs,
      steps: rows === undefined ? UNKNOWN : trainSteps(rows, epochs, batch),
      batch: chunk === undefined ? batch : `${batch.toLocaleString('en-US')} in chunks of ${chunk}`,
      optimizer: `${optimizer.name}, weight decay ${optimizer.weightDecay}`,
      'peak learning rate': peakRate({ ...learningRate, batch }),
      'warmup steps': rows === undefined ? UNKNOWN : warmupSteps(rows, learningRate.warmupEpochs, batch),
      network: `ResNet-${network.depth}, width ${network.width}, ${network.stem} stem`,
      ...(views && stepFacts(config, views, images)),
      ...(images?.shape && rows !== undefined && { 'images in memory': gigabytes(rows * product(images.shape)) }),
    },
    missing: missing.join('; ') || undefined,
  };
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
  const { name, bytes } = loaderBytes(config, views, images);
  return {
    parameters: `${millions(encoder)} in the encoder, ${millions(head)} in the head`,
    'GFLOP a step': (trainStepFlops(args) * (config.chunk === undefined ? 1 : 4 / 3)) / 1e9,
    'memory, fp32': memory('fp32'),
    'memory, bf16': memory('bf16'),
    [`${name} in memory`]: bytes === undefined ? UNKNOWN : gigabytes(bytes),
  };
}

/** What the loader holds, and the largest of its buffers, which threads and TensorFlow share. */
interface LoaderBytes {
  name: string;
  bytes: number | undefined;
  largest: number;
}

function loaderBytes({ views: engine, batch }: PretrainConfig, views: Views, images?: PlannedDataset): LoaderBytes {
  if (engine === 'workers') {
    const bytes = ringBytes(batch, views.shape);
    return { name: 'views', bytes, largest: bytes };
  }
  const name = 'pixels and draws';
  if (!images?.shape) return { name, bytes: undefined, largest: 0 };
  const { pixels, draws } = deviceBytes(batch, images.shape, views.policy);
  return { name, bytes: DEVICE_SLOTS * (pixels + draws), largest: Math.max(pixels, draws) };
}

function bufferLimit({ name, largest }: LoaderBytes): string | undefined {
  if (largest <= FEED_BUFFER_LIMIT) return undefined;
  return `the loader's ${name} take ${gigabytes(largest)}, and its buffer holds ${gigabytes(FEED_BUFFER_LIMIT)}`;
}
