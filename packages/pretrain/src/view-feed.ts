import { availableCores } from '@simclr/tensorflow';
import { type LoaderOptions, startDeviceLoader, startViewLoader } from '@simclr/views';
import type { PretrainConfig } from './config.ts';
import type { LearningTask } from './learning-task.ts';

/** Source of the inputs that carry a step's views, prepared while the step before runs. */
export interface ViewFeed {
  /** Inputs of the step, and the image of each pair. Both are valid until the next call. */
  next(step: number): Promise<{ inputs: Record<string, Float32Array>; images: Uint32Array }>;
  close(): Promise<void>;
}

/**
 * Starts the view engine that the config names. `workers`: threads make the views, which are the step's input. `device`:
 * raw pixels and random draws are its inputs, and the compiled step makes the views. Images and their order are the same.
 */
export function startViewFeed(
  options: Omit<LoaderOptions, 'workers'>,
  { views: name }: LearningTask,
  engine: PretrainConfig['views'],
): ViewFeed {
  if (engine === 'device') {
    const loader = startDeviceLoader(options);
    return {
      async next(step) {
        const { images, ...inputs } = await loader.next(step);
        return { inputs, images };
      },
      close: loader.close,
    };
  }
  const loader = startViewLoader({ ...options, workers: availableCores() });
  return {
    async next(step) {
      const { images, views } = await loader.next(step);
      return { inputs: { [name]: views }, images };
    },
    close: loader.close,
  };
}
