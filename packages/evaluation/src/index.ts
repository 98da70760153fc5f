/**
 * Evaluation of a frozen encoder: protocols (linear, kNN), kinds of features that are compared, metrics. Encoders come by
 * way of `@simclr/encoders`, results go to `@simclr/artifacts`.
 *
 * @example
 * ```ts
 * import { openEncoder } from '@simclr/encoders';
 * import { evaluateInput, ProbeConfig } from '@simclr/evaluation';
 * import { memoryLog } from '@simclr/stage';
 *
 * const encoder = await openEncoder('pipelines/quickstart/out/pretrain/data');
 * const { signal } = new AbortController();
 * const options = { ingest: 'pipelines/quickstart/out/ingest/data', encoder, seed: 0, log: memoryLog(), signal };
 * (await evaluateInput('digits', { ...options, config: ProbeConfig.parse({ l2s: [10] }) })).rows;
 * ```
 */
export { PAPER_L2S, ProbeConfig } from './config.ts';
export type { EvaluateOptions, Evaluation } from './evaluate-dataset.ts';
export { evaluateDataset } from './evaluate-dataset.ts';
export type { EvaluateInputOptions } from './evaluate-input.ts';
export { evaluateInput } from './evaluate-input.ts';
export { EXTRACTORS } from './feature-kinds.ts';
export { fitImages } from './fit-images.ts';
export { imagePolicy, imagesFor } from './images.ts';
export { METRICS } from './metrics.ts';
export { summaryMetrics, tellRows } from './summary.ts';
export { writeEvaluations } from './write-evaluations.ts';
