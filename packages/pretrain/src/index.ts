/**
 * Pretraining: the loop, its checkpoints, the online kNN monitor.
 *
 * {@link ../example.ts} runs.
 */
export { PretrainConfig } from './config.ts';
export { learningTask } from './learning-task.ts';
export { threadsWithinOp } from './threads.ts';
export { train } from './train.ts';
