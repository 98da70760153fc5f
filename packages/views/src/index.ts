/**
 * Views of images: a policy in a printable mini-language, and two engines that make the views: in worker threads, or as
 * tensor operations of a compiled step (`@simclr/views/device`). A view is a pure function of (policy, seed, epoch, image,
 * view number).
 *
 * Encoded images of different sizes are decoded by the workers, once a pair; the policy says how large their views are.
 *
 * {@link ../example.ts} makes some.
 */

export type { Share } from './batch-order.ts';
export { startDeviceLoader } from './device/loader.ts';
export type { EvaluationImages } from './evaluation.ts';
export { evaluationImages, viewedImages } from './evaluation.ts';
export { imageGrid } from './grid.ts';
export type { EncodedImages, RawImages } from './images.ts';
export type { LoaderOptions } from './loader.ts';
export { startViewLoader } from './loader.ts';
export { LUMINANCE } from './ops/color.ts';
export type { PolicyPair } from './pair.ts';
export { pairShape, parsePair, printPair } from './pair.ts';
export { evaluationPolicy, resizeOf } from './preprocessing.ts';
export { resizeImage } from './resize-image.ts';
export { startViewWorkers } from './view-workers.ts';
