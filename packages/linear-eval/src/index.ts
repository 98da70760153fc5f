/**
 * Linear evaluation of a frozen encoder, against the same network untrained and against raw pixels.
 *
 * @example
 * ```ts
 * import { evaluationImages } from '@simclr/views';
 * import { evaluateDataset, imagePolicy, openEncoder, ProbeConfig } from '@simclr/linear-eval';
 * import { loadSplit } from '@simclr/shards';
 * import { memoryLog } from '@simclr/stage';
 *
 * const encoder = await openEncoder('pipelines/quickstart/out/pretrain/data');
 * const folder = 'pipelines/quickstart/out/ingest/data/fashion-mnist';
 * const [train, test] = ['train', 'test'].map((split) =>
 *   evaluationImages(loadSplit(`${folder}/${split}`), imagePolicy(encoder.info, 'fashion-mnist'), 2),
 * );
 * const options = { name: 'fashion-mnist', train: train!, test: test!, encoder, seed: 0, log: memoryLog() };
 * (await evaluateDataset({ ...options, config: ProbeConfig.parse({ l2s: [10] }) })).rows;
 * ```
 */
export { LinearEvalConfig, ProbeConfig } from './config.ts';
export type { Encoder } from './encoder.ts';
export { hashWeights, imagePolicy, openEncoder, randomWeights } from './encoder.ts';
export type { EvaluateOptions, Evaluation } from './evaluate-dataset.ts';
export { evaluateDataset, summaryMetrics, tellRows } from './evaluate-dataset.ts';
export { writeEvaluations } from './write-evaluations.ts';
