/**
 * Draws the results of a pipeline as one self-contained HTML page.
 *
 * @example
 * ```ts
 * import { readResults, summarise } from '@simclr/report';
 *
 * for (const { dataset, by } of summarise(readResults('pipelines/quickstart/out/linear-eval/data'))) {
 *   console.log(dataset, by.pretrained?.mean);
 * }
 * ```
 */
export { accuracyChart, curveChart, curves } from './charts.ts';
export type { Page } from './page.ts';
export { renderPage } from './page.ts';
export type { History, ResultRow, Summary } from './results.ts';
export { readResults, summarise } from './results.ts';
export { StudyConfig } from './study/config.ts';
export { drawStudy } from './study/study.ts';
