/**
 * Linear evaluation of a frozen encoder, against the same network untrained and against raw pixels.
 *
 * @example
 * ```ts
 * import { evaluateDataset, openEncoder, ProbeConfig } from '@simclr/linear-eval';
 * import { loadPixels } from '@simclr/shards';
 * import { memoryLog } from '@simclr/stage';
 *
 * const encoder = await openEncoder('pipelines/quickstart/out/pretrain/data');
 * const [train, test] = ['train', 'test'].map((split) => loadPixels(`pipelines/quickstart/out/ingest/data/fashion-mnist/${split}`));
 * const options = { name: 'fashion-mnist', train: train!, test: test!, encoder, seed: 0, log: memoryLog() };
 * evaluateDataset({ ...options, config: ProbeConfig.parse({ l2s: [10] }) }).rows;
 * ```
 */
export { LinearEvalConfig, ProbeConfig } from './config.ts';
export type { Encoder, EncoderInfo } from './encoder.ts';
export { hashWeights, openEncoder, randomWeights } from './encoder.ts';
export type { EvaluateOptions, Evaluation, FeatureKind, ResultRow } from './evaluate-dataset.ts';
export { evaluateDataset, summaryMetrics, tellRows } from './evaluate-dataset.ts';
