import type { Row } from './bench.ts';

/** Four significant digits, without an exponent for the sizes that occur here. */
function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toFixed(Math.min(6, digits));
}

/** Rows as a table, columns aligned. */
export function table(rows: readonly Row[]): string {
  const head = ['case', 'unit', 'ours', 'peer', 'theirs', 'ratio', 'runs'];
  const body = rows.map((row) => [
    row.case,
    row.unit,
    number(row.ours),
    row.peer,
    number(row.theirs),
    row.ratio.toFixed(2),
    String(row.runs),
  ]);
  const numeric = new Set([2, 4, 5, 6]);
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((cells) => cells[i]!.length)));
  const line = (cells: string[]) =>
    cells.map((cell, i) => (numeric.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('  ');
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...body.map(line)].join('\n');
}
