import { trainStepFlops } from '@simclr/nn/plan';
import type { StageContext } from '@simclr/stage';
import { threadsWithinOp } from '@simclr/training/threads';
import type { PretrainConfig } from './config.ts';
import { readInputs } from './inputs.ts';
import { stepArgs } from './step-args.ts';

/**
 * Has a small step use one thread within an op. Before TensorFlow is loaded: it reads its environment then. What the user has
 * set stays.
 *
 * @param ranks among which a step is divided
 */
export function limitThreads({ config, inputs }: Pick<StageContext<PretrainConfig>, 'config' | 'inputs'>, ranks = 1) {
  const { shape } = readInputs(inputs, config).views;
  const pairs = config.chunk ?? config.batch / ranks;
  const threads = threadsWithinOp(trainStepFlops({ ...stepArgs(config, shape), batch: pairs }));
  if (threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
}
