/**
 * Charts of results as SVG, in one style wherever they are shown: on pages, in MLflow. Texts of SVG, HTML and CSV are escaped by
 * `@simclr/figures/text`, which loads no chart library.
 *
 * {@link ../example.ts} runs.
 */
export { choiceChart, type Tried } from './choice-chart.ts';
export { confusionChart } from './confusion-chart.ts';
export { INK, PALETTE, renderSvg } from './svg.ts';
