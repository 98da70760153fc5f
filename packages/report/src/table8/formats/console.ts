import type { Table } from '../table.ts';
import { costNotes, notesOf, type SheetCell, type SheetGroup, sheetOf } from './sheet.ts';

/** Characters of a line, at most. */
const WIDTH = 100;
/** Characters of a number with its mark, and the space before it. */
const CELL = 6;
const LONGEST_NAME = 28;

const MARKS = '* not significantly worse than the best of its block (p < 0.05), ! flagged, # both; per cent';

/**
 * The table for a terminal, in lines of at most 100 characters: where there are more columns than fit, it goes on below.
 * `*` is what print sets in bold, `!` what is flagged, `#` both.
 */
export function consoleTable(table: Table): string {
  const groups = sheetOf(table);
  const longest = Math.max(8, ...groups.flatMap(({ rows }) => rows.map(({ name }) => name.length)));
  const nameWidth = Math.min(LONGEST_NAME, longest);
  const perBlock = Math.floor((WIDTH - nameWidth) / CELL);
  const heads = table.columns.map(({ short }) => `${cut(short, CELL - 1)} `);
  const blocks = heads.flatMap((_, at) => {
    if (at % perBlock > 0) return [];
    return [[...linesOf(heads, groups, nameWidth, at, at + perBlock), ''].join('\n')];
  });
  return `${[...blocks, MARKS, ...costNotes(table.encoders).map(wrapped), ...notesOf(table).map((note) => wrapped(`! ${note}`))].join('\n')}\n`;
}

/** The columns of a table from one on, up to another. */
function linesOf(heads: string[], groups: SheetGroup[], nameWidth: number, from: number, to: number): string[] {
  const line = (name: string, cells: readonly string[]) => {
    const padded = cells.slice(from, to).map((text) => text.padStart(CELL));
    return `${cut(name, nameWidth).padEnd(nameWidth)}${padded.join('')}`.trimEnd();
  };
  const rows = groups.flatMap(({ title, rows }) => [
    title,
    ...rows.map(({ name, cells }) => line(name, cells.map(cellText))),
  ]);
  return [line('', heads), ...rows];
}

const cut = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

function cellText(cell: SheetCell | undefined): string {
  if (!cell) return '– ';
  const { score, flagged, bold } = cell;
  return `${score}${flagged ? (bold ? '#' : '!') : bold ? '*' : ' '}`;
}

/** A long line as several, those after the first indented; a word stays whole, however long. */
function wrapped(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length ? `  ${word}` : word);
  }
  return lines.join('\n');
}
