/**
 * Pretraining: the loop, its checkpoints, the online kNN monitor.
 *
 * {@link ../example.ts} runs.
 */
export { PretrainConfig } from './config.ts';
export { learningTask } from './learning-task.ts';
export { train } from './train.ts';
