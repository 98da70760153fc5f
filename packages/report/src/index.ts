/**
 * Draws the results of a pipeline as one self-contained HTML page.
 *
 * {@link ../example.ts} runs.
 */
export { summarise } from './results.ts';
