import { labelPercent, type ResultRow } from '@simclr/artifacts';
import { repeated } from '@simclr/probe/statistics';

/** Cells of a table, its head first. */
export type Table = string[][];

/**
 * Results as people read them: a line for each dataset, protocol and number of labels, a column for each kind of features,
 * per cent of the dataset's metric, mean ± standard error where labels were drawn several times.
 *
 * @returns no line where there are no results
 */
export function resultTable(rows: readonly ResultRow[]): Table {
  const kinds = [...new Set(rows.map(({ features }) => features))];
  const lines = [...Map.groupBy(rows, lineOf)].map(([line, same]) => [
    line,
    ...kinds.map((kind) => cell(same.filter(({ features }) => features === kind).map(({ score }) => score))),
  ]);
  return lines.length ? [['%', ...kinds], ...lines] : [];
}

/**
 * Items of a study, a line each, with their accuracies in per cent.
 * @param items by name: accuracies by name, of each seed one
 */
export function studyTable(items: ReadonlyMap<string, Record<string, number[]>>): Table {
  const names = [...new Set([...items.values()].flatMap(Object.keys))];
  const lines = Array.from(items, ([item, found]) => [item, ...names.map((name) => cell(found[name] ?? []))]);
  return names.length ? [['%', ...names], ...lines] : [];
}

/** The table within so many columns: from the right, what does not fit is left out, and counted in the head. */
export function fitTable(table: Table, columns: number): Table {
  const widths = (table[0] ?? []).map((_, at) => Math.max(...table.map((line) => line[at]!.length)));
  const sum = (count: number) => widths.slice(0, count).reduce((all, width) => all + width + 2, 0);
  const fits = (count: number) => sum(count) <= columns - `+${widths.length}`.length;
  if (sum(widths.length) <= columns) return table;
  let count = widths.length;
  while (count > 1 && !fits(count)) count--;
  return table.map((line, at) => [...line.slice(0, count), at ? '' : `+${widths.length - count}`]);
}

/** Lines of equal width, numbers to the right. */
export function alignTable(table: Table): string[] {
  const widths = (table[0] ?? []).map((_, at) => Math.max(...table.map((line) => line[at]!.length)));
  return table.map((line) =>
    line
      .map((text, at) => (at ? text.padStart(widths[at]!) : text.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd(),
  );
}

export function markdownTable([head = [], ...lines]: Table): string[] {
  const row = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return head.length ? [row(head), `|---${'|--:'.repeat(head.length - 1)}|`, ...lines.map(row)] : [];
}

function cell(scores: readonly number[]): string {
  if (!scores.length) return '';
  const { mean, standardError } = repeated(scores);
  const spread = standardError === undefined ? '' : ` ± ${(100 * standardError).toFixed(1)}`;
  return `${(100 * mean).toFixed(1)}${spread}`;
}

function lineOf({ dataset, protocol, labelFraction, shots, metric }: ResultRow): string {
  const how = protocol === 'linear' ? [] : [protocol];
  const labels =
    shots === undefined
      ? labelFraction === 1
        ? []
        : [`${labelPercent(labelFraction)} % of labels`]
      : [`${shots} a class`];
  return [dataset, ...how, ...labels, ...(metric === 'top-1' ? [] : [metric])].join(', ');
}
