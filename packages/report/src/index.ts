/**
 * Draws the results of a pipeline as one self-contained HTML page.
 *
 * @example
 * ```ts
 * import { readResults } from '@simclr/artifacts';
 * import { summarise } from '@simclr/report';
 *
 * for (const { dataset, by } of summarise(readResults('pipelines/quickstart/out/linear-eval/data').rows)) {
 *   console.log(dataset, by.pretrained?.mean);
 * }
 * ```
 */
export { summarise } from './results.ts';
