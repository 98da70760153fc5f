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
export { PretrainConfig } from './config.ts';
export { learningTask } from './learning-task.ts';
export { threadsWithinOp } from './threads.ts';
export { train } from './train.ts';
