/**
 * Evaluation of a frozen encoder: extraction of features, of every kind that is compared; protocols on them (linear, kNN);
 * metrics. Encoders come by way of `@simclr/encoders`, results go to `@simclr/artifacts`.
 *
 * @example
 * ```ts
 * import { openEncoder } from '@simclr/encoders';
 * import { evaluateFeatures, extractInput, ProbeConfig } from '@simclr/evaluation';
 * import { memoryLog } from '@simclr/stage';
 *
 * const encoder = await openEncoder('pipelines/quickstart/out/pretrain/data');
 * const { signal } = new AbortController();
 * const run = { seed: 0, log: memoryLog(), signal };
 * const ingest = 'pipelines/quickstart/out/ingest/data';
 * const features = extractInput('digits', { ...run, ingest, encoder, baselines: false });
 * (await evaluateFeatures(features, { ...run, config: ProbeConfig.parse({ l2s: [10] }) })).rows;
 * ```
 */
export { ProbeConfig } from './config.ts';
export type { Evaluation } from './evaluate-features.ts';
export { evaluateFeatures } from './evaluate-features.ts';
export { evaluateInputs } from './evaluate-inputs.ts';
export { extractInput } from './extract-input.ts';
export { summaryMetrics } from './summary.ts';
export { writeEvaluations } from './write-evaluations.ts';
