/**
 * Encoders behind one interface: what they take, what they give, `embed`, a digest, how many parameters.
 *
 * @example
 * ```ts
 * import { openEncoder } from '@simclr/encoders';
 *
 * const encoder = await openEncoder('pipelines/quickstart/out/pretrain/data');
 * const [height, width, channels] = encoder.inputShape;
 * encoder.embed(new Float32Array(4 * height * width * channels)).length; // 4 · featureDim
 * encoder.dispose();
 * ```
 */
export type { Embedder, Encoder } from './encoder.ts';
export { extractFeatures } from './extract.ts';
export { hashWeights } from './hash-weights.ts';
export { graphEmbedder, openEncoder, resnetEncoder, untrainedWeights } from './resnet-encoder.ts';
