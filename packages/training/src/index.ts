/**
 * What stages that train share: checkpoints, the precision to train in, threads.
 *
 * {@link ../example.ts} runs.
 */
export type { Checkpoint } from './checkpoint.ts';
export { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
export { precisionFor } from './precision.ts';
export { unlessStopped } from './unless-stopped.ts';
