/**
 * Encoders behind one interface: what they take, what they give, `embed`, a digest, how many parameters.
 *
 * {@link ../example.ts} runs.
 */
export type { Embedder, Encoder } from './encoder.ts';
export { extractFeatures } from './extract.ts';
export { examineGraph } from './graph/examine.ts';
export { hashWeights } from './hash-weights.ts';
export { countFlops } from './onnx/count-flops.ts';
export { openEncoder, openGraph } from './open-encoder.ts';
export { graphEmbedder, resnetEncoder, untrainedWeights } from './resnet-encoder.ts';
