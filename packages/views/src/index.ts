/**
 * Views of images: a policy in a printable mini-language, and two engines that make the views: in worker threads, or as
 * tensor operations of a compiled step (`@simclr/views/device`). A view is a pure function of (policy, seed, epoch, image,
 * view number).
 *
 * @example
 * ```ts
 * import { startViewLoader } from '@simclr/views';
 *
 * const images = { data: new Uint8Array(100 * 32 * 32 * 3), shape: [32, 32, 3] as const, rows: 100 };
 * const options = { images, policy: 'crop|flip|jitter(0.5)|grayscale', seed: 1, batch: 16, totalSteps: 10, workers: 2 };
 * const loader = startViewLoader(options);
 * const { views } = await loader.next(0); // Float32Array, [32, 32, 32, 3]
 * await loader.close();
 * ```
 *
 * Encoded images of different sizes are decoded by the workers, once a pair; the policy says how large their views are:
 *
 * @example
 * ```ts
 * import { startViewLoader } from '@simclr/views';
 * import { loadEncoded } from '@simclr/shards';
 *
 * const images = loadEncoded('/data/photos/train');
 * const policy = 'crop(to=224)|flip|jitter(1)|grayscale|blur';
 * const loader = startViewLoader({ images, policy, seed: 1, batch: 256, totalSteps: 1000, workers: 8 });
 * ```
 */

export { startDeviceLoader } from './device/loader.ts';
export type { EvaluationImages } from './evaluation.ts';
export { evaluationImages } from './evaluation.ts';
export { imageGrid } from './grid.ts';
export type { EncodedImages, RawImages } from './images.ts';
export type { LoaderOptions } from './loader.ts';
export { startViewLoader } from './loader.ts';
export { resizeAntialias } from './ops/antialias.ts';
export { LUMINANCE } from './ops/color.ts';
export { resizeBicubic } from './ops/resize.ts';
export type { PolicyPair } from './pair.ts';
export { pairShape, parsePair, printPair } from './pair.ts';
export { evaluationPolicy, resizeOf } from './preprocessing.ts';
export { startViewWorkers } from './view-workers.ts';
