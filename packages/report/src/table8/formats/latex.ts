import type { Table } from '../table.ts';
import { costNotes, LEGEND, METRIC_NAMES, notesOf, type SheetCell, sheetOf } from './sheet.ts';

const SPECIAL: Record<string, string> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '±': '$\\pm$',
  '×': '$\\times$',
  '–': '--',
};

/** Text that LaTeX sets as it is. */
export const latexText = (text: string): string =>
  text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/[\\~^±×–{}$&#%_]/g, (character) => SPECIAL[character] ?? `\\${character}`);

const row = (cells: readonly string[]): string => `${cells.join(' & ')} \\\\`;

/** The table as LaTeX, to `\input` where the package `booktabs` is loaded. */
export function latexTable(table: Table): string {
  const width = table.columns.length + 1;
  const heads = table.columns.map(({ title }) => `\\rotatebox{60}{${latexText(title)}}`);
  const metrics = table.columns.map(({ metric }) => `\\tiny ${METRIC_NAMES[metric]}`);
  const blocks = sheetOf(table).flatMap(({ title, rows }) => [
    '\\midrule',
    row([`\\multicolumn{${width}}{l}{\\textit{${latexText(title)}}}`]),
    ...rows.map(({ name, cells }) => row([latexText(name), ...cells.map(cellText)])),
  ]);
  return `${[
    '% Needs \\usepackage{booktabs,graphicx}.',
    `\\begin{tabular}{l${'r'.repeat(table.columns.length)}}`,
    '\\toprule',
    row(['', ...heads]),
    row(['', ...metrics]),
    ...blocks,
    '\\bottomrule',
    '\\end{tabular}',
    `% ${latexText(LEGEND)}`,
    ...[...costNotes(table.encoders), ...notesOf(table)].map((note) => `% ${latexText(note)}`),
  ].join('\n')}\n`;
}

function cellText(cell: SheetCell | undefined): string {
  if (!cell) return '--';
  const score = cell.bold ? `\\textbf{${cell.score}}` : cell.score;
  return [score, cell.error && `{\\tiny $\\pm$ ${cell.error}}`, cell.flagged && '$^{!}$'].filter(Boolean).join(' ');
}
