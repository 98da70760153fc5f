/**
 * Pretraining: the loop, its checkpoints, the online kNN monitor.
 *
 * @example
 * ```ts
 * import { PretrainConfig } from '@simclr/pretrain';
 *
 * PretrainConfig.parse({ dataset: 'fashion-mnist', network: { depth: 18 } }).batch; // 512
 * ```
 */
export type { Checkpoint } from './checkpoint.ts';
export { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
export { PretrainConfig } from './config.ts';
export type { LearningTask } from './learning-task.ts';
export { learningTask } from './learning-task.ts';
export { stepArgs } from './step-args.ts';
export { threadsWithinOp } from './threads.ts';
export type { Training } from './train.ts';
export { train } from './train.ts';
