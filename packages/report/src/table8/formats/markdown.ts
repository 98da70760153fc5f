import type { Table } from '../table.ts';
import { costNotes, LEGEND, METRIC_NAMES, notesOf, type SheetCell, sheetOf } from './sheet.ts';

/** Text in a cell of a table, or a line, that Markdown shows as it is. */
export const markdownText = (text: string): string =>
  text.replace(/[\r\n]+/g, ' ').replace(/[\\`*_{}[\]<>()#+!|~$&-]/g, '\\$&');

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The table as Markdown, a table for each block. */
export function markdownTable(table: Table): string {
  const heads = table.columns.map(({ title, metric }) => `${markdownText(title)}<br>${METRIC_NAMES[metric]}`);
  const blocks = sheetOf(table).map(({ title, rows }) =>
    [
      `### ${markdownText(title)}`,
      '',
      row(['', ...heads]),
      row(['---', ...heads.map(() => '---:')]),
      ...rows.map(({ name, cells }) => row([markdownText(name), ...cells.map(cellText)])),
      '',
    ].join('\n'),
  );
  const notes = [...costNotes(table.encoders), ...notesOf(table)].map((note) => `- ${markdownText(note)}`);
  return `${[...blocks, LEGEND, ...(notes.length ? ['', ...notes] : [])].join('\n')}\n`;
}

function cellText(cell: SheetCell | undefined): string {
  if (!cell) return '–';
  const score = cell.bold ? `**${cell.score}**` : cell.score;
  return [score, cell.error && `± ${cell.error}`, cell.flagged && '⚠'].filter(Boolean).join(' ');
}
