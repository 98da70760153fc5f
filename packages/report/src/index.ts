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
export { accuracyChart, curveChart, curves } from './charts.ts';
export type { Page } from './page.ts';
export { renderPage } from './page.ts';
export type { Summary } from './results.ts';
export { summarise } from './results.ts';
export { StudyConfig } from './study/config.ts';
export { drawStudy } from './study/study.ts';
