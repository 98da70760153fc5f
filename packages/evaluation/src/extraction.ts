/**
 * Extraction of features, apart from the protocols that evaluate them: a change in those extracts nothing again.
 *
 * @example
 * ```ts
 * import { openEncoder } from '@simclr/encoders';
 * import { extractInput, writeFeaturesFolder } from '@simclr/evaluation/extraction';
 * import { memoryLog } from '@simclr/stage';
 *
 * const encoder = await openEncoder('pipelines/quickstart/out/pretrain/data');
 * const options = { ingest: 'pipelines/quickstart/out/ingest/data', encoder, baselines: false, seed: 0, log: memoryLog() };
 * await writeFeaturesFolder('/tmp/digits', await extractInput('digits', options));
 * ```
 */
export { extractInput } from './extract-input.ts';
export { writeFeaturesFolder } from './features-folder.ts';
