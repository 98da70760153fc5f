import type { TrainStepArgs } from '@simclr/nn';
import { trainStepFlops } from '@simclr/nn/plan';

/** GFLOP of a train step under which an op is too short to be shared out. */
const SMALL_STEP = 1.5;

/**
 * Threads within an op for a train step, or undefined to leave it at the cores. In a small step the threads of an op
 * mostly wake and wait for one another: with one a ResNet-18 of width 8 on 8 pairs (0.8 GFLOP) takes 0.67 of the time, on
 * 32 pairs (3.4 GFLOP) 1.15 of it (AMD Zen 5, 2 cores, fp32). Ops still run side by side.
 *
 * @param chunk pairs that go through the network at a time: what an op sees; all by default
 */
export const threadsWithinOp = (args: TrainStepArgs, chunk = args.batch): number | undefined =>
  trainStepFlops({ ...args, batch: chunk }) < SMALL_STEP * 1e9 ? 1 : undefined;
