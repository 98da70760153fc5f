/**
 * Evaluation of a frozen encoder: extraction of features, of every kind that is compared; protocols on them (linear, kNN);
 * metrics. Encoders come by way of `@simclr/encoders`, results go to `@simclr/artifacts`.
 *
 * {@link ../example.ts} runs.
 */
export { ProbeConfig } from './config.ts';
export type { Evaluation } from './evaluate-features.ts';
export { evaluateSources } from './evaluate-sources.ts';
export type { FeatureSource } from './feature-source.ts';
export { givenFeatures } from './given-features.ts';
export { flagData, flagResults, type JudgedOn } from './refusals/flags.ts';
export { flagHeldOut } from './refusals/ignored.ts';
export { collectDraws } from './refusals/shared-images.ts';
export { summaryMetrics, tellFlags } from './summary.ts';
export { writeEvaluations } from './write-evaluations.ts';
