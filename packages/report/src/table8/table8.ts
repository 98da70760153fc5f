import { readMissing } from '@simclr/artifacts';
import { inputsOf, type StageInputs } from '@simclr/stage';
import { columnsOf } from './columns.ts';
import type { Table8Config } from './config.ts';
import { encoderCosts } from './encoders.ts';
import { readEntries, readOmissions } from './entries.ts';
import { consoleTable } from './formats/console.ts';
import { csvTable } from './formats/csv.ts';
import { dataOf } from './formats/data.ts';
import { latexTable } from './formats/latex.ts';
import { markdownTable } from './formats/markdown.ts';
import { penaltyCharts, scoreChart } from './page/charts.ts';
import { hardestSection } from './page/hardest.ts';
import { renderTable } from './page/page.ts';
import { type Table, tableOf } from './table.ts';

/** What the report publishes of a table: the text of each file by its name, and the scores by which runs are compared. */
export interface DrawnTable {
  files: Record<string, string>;
  metrics: Record<string, number>;
}

/**
 * Draws all evaluations that the report is given as the paper's Table 8.
 * @param inputs of the stage
 */
export async function drawTable8(
  title: string,
  config: Table8Config,
  { inputs, seed }: { inputs: StageInputs; seed: number },
): Promise<DrawnTable> {
  const results = inputsOf(inputs, 'results').filter(({ folder }) => !readMissing(folder));
  const entries = readEntries(inputs, results);
  const omissions = readOmissions(inputs, results);
  const columns = columnsOf(inputs, entries, omissions);
  const table = tableOf(columns, entries, config, seed, { omissions, encoders: encoderCosts(inputs) });
  const html = renderTable({
    title,
    table,
    scoreCharts: await Promise.all(table.groups.map((group) => scoreChart(group, table.columns))),
    penaltyCharts: await Promise.all(penaltyCharts(table)),
    hardest: await hardestSection(table, config.hardest),
  });
  return {
    files: {
      'report.html': html,
      'table.csv': csvTable(table),
      'table.json': `${JSON.stringify(dataOf(table), null, 2)}\n`,
      'table.md': markdownTable(table),
      'table.tex': latexTable(table),
      'summary.txt': consoleTable(table),
    },
    metrics: metricsOf(table),
  };
}

/** `linear/all_labels/simclr/cifar10`, and `…_se` of repetitions: fractions, of encoders alone. */
function metricsOf({ columns, groups }: Table): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const { protocol, labels, rows } of groups)
    for (const { name, kind, cells } of rows)
      for (const [at, cell] of cells.entries()) {
        if (!cell || kind !== 'pretrained') continue;
        const key = [protocol, labels, name, columns[at]!.dataset].join('/').replace(/[^\w./-]/g, '_');
        metrics[key] = cell.mean;
        if (cell.standardError !== undefined) metrics[`${key}_se`] = cell.standardError;
      }
  return metrics;
}
