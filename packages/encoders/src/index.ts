/**
 * Encoders behind one interface: what they take, what they give, `embed`, a digest, how many parameters.
 *
 * {@link ../example.ts} runs.
 */
export type { Embedder, Encoder } from './encoder.ts';
export { extractFeatures } from './extract.ts';
export { hashWeights } from './hash-weights.ts';
export { graphEmbedder, openEncoder, resnetEncoder, untrainedWeights } from './resnet-encoder.ts';
