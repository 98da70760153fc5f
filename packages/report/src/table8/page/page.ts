import { drawing, type Html, html, htmlPage } from '../../html.ts';
import type { Table } from '../table.ts';
import { comparisonSection } from './comparisons.ts';
import { confusionSection } from './confusions.ts';
import { datasetSection } from './datasets.ts';
import { encoderSection } from './encoders.ts';
import { SCRIPT } from './script.ts';
import { TABLE_STYLE } from './style.ts';
import { tableSection } from './table.ts';
import { warningSections } from './warnings.ts';

/** Everything the page shows; charts are SVG text. */
export interface TablePage {
  title: string;
  table: Table;
  scoreCharts: string[];
  penaltyCharts: string[];
  hardest: Html;
}

/** The table and what is behind it as one HTML file that refers to nothing outside itself. */
export function renderTable({ title, table, scoreCharts, penaltyCharts, hardest }: TablePage): string {
  const here = table.columns.filter(({ missing }) => !missing).length;
  const beside = table.groups.some(({ paper }) => paper.length)
    ? ', beside Table 8 and Table B.5 of SimCLR (Chen et al. 2020)'
    : '';
  return htmlPage(
    title,
    html`<header><h1>${title}</h1><p>${plural(table.encoders.length, 'encoder')} on ${here} of ${plural(table.columns.length, 'dataset')}${beside}.</p></header>
${warningSections(table)}${tableSection(table)}${comparisonSection(table)}
${charts('Scores by dataset', 'Lines are 95 % intervals over test images (bootstrap); of repetitions, the standard error of their mean.', scoreCharts)}
${charts('Choice of λ', 'Score on validation rows by the strength of the penalty, on all labels. The point is what was chosen, before the test rows were seen.', penaltyCharts)}
${confusionSection(table)}${hardest}${datasetSection(table.columns)}${encoderSection(table.encoders)}`,
    { style: TABLE_STYLE, script: SCRIPT },
  );
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const charts = (heading: string, text: string, svgs: readonly string[]): Html =>
  svgs.length
    ? html`<section><h2>${heading}</h2><p>${text}</p><div class="charts">${svgs.map((svg) => html`<div>${drawing(svg)}</div>`)}</div></section>
`
    : html``;
