/**
 * The views of a policy as batched tensor operations, for a traced step. Loads TensorFlow; what feeds it,
 * `startDeviceLoader` of `@simclr/views`, does not.
 *
 * @example
 * ```ts
 * import { startDeviceLoader } from '@simclr/views';
 * import { deviceDefinitions as module } from '@simclr/views/device';
 * import { compile } from '@simclr/tensorflow';
 *
 * const images = { data: new Uint8Array(100 * 32 * 32 * 3), shape: [32, 32, 3] as const, rows: 100 };
 * const policy = 'crop|flip|jitter(0.5)|grayscale';
 * const loader = startDeviceLoader({ images, policy, seed: 1, batch: 16, totalSteps: 10 });
 * const graph = await compile({ module, export: 'makeViews', args: { policy, image: images.shape, batch: 16 } });
 * const { pixels, draws } = await loader.next(0);
 * graph.run({ pixels, draws }).views; // [32, 32, 32, 3]
 * ```
 */
export { deviceDefinitions } from './definition.ts';
export { deviceInputs, deviceViews } from './views.ts';
