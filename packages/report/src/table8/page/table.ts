import { type Html, html, percent } from '../../html.ts';
import type { Column } from '../columns.ts';
import { chosenText } from '../formats/data.ts';
import { groupTitle, METRIC_NAMES, omissionText, withoutKind } from '../formats/sheet.ts';
import type { PaperRow } from '../paper.ts';
import type { Cell, Table, TableGroup, TableRow } from '../table.ts';

/** The table, a block for each protocol; a click on a head sorts the rows of every block. */
export function tableSection(table: Table): Html {
  const heads = table.columns.map(
    ({ title, metric, missing }) =>
      html`<th class="${missing ? 'missing' : ''}"><button type="button">${title}</button><small>${missing ? 'missing' : METRIC_NAMES[metric]}</small></th>`,
  );
  const blocks = table.groups.map((group) => block(group, table.columns));
  return html`<section class="scores"><h2>Scores</h2>
<p>Test scores in per cent, by each dataset's metric. <b>Bold</b>: not significantly worse than the best of its block on that
dataset (paired permutation test, p &#60; 0.05; of VOC 2007 by accuracy, as in the paper). ± is the standard error over
repetitions: seeds, and draws of the labels. Point at a number, or tap it, for its interval and what was chosen.</p>
<div class="wide"><table class="sortable"><thead><tr><th class="text"><button type="button">encoder</button></th>${heads}</tr></thead>${blocks}</table></div><output></output></section>
`;
}

function block(group: TableGroup, columns: readonly Column[]): Html {
  const rows = [
    ...group.rows.map((row) => oursRow(group.protocol, row, columns)),
    ...group.paper.map((row) => paperRow(row, columns)),
  ];
  return html`<tbody><tr class="block"><th colspan="${columns.length + 1}"><span>${groupTitle(group)}</span></th></tr>${rows}</tbody>`;
}

function oursRow(
  protocol: TableGroup['protocol'],
  { name, kind, cells, omitted }: TableRow,
  columns: readonly Column[],
): Html {
  if (omitted !== undefined)
    return html`<tr class="omitted"><th class="text">${name}</th><td class="text" colspan="${columns.length}">${omissionText(protocol, omitted)}</td></tr>`;
  return html`<tr class="${kind === 'pretrained' ? '' : 'baseline'}"><th class="text">${name}</th>${cells.map((cell, at) => scoreCell(cell, columns[at]!))}</tr>`;
}

function scoreCell(cell: Cell | undefined, { missing }: Column): Html {
  if (!cell) return html`<td class="${missing ? 'missing' : ''}">–</td>`;
  const marks = [cell.bold && 'best', cell.flags.length && 'flagged'].filter(Boolean).join(' ');
  const error = cell.standardError === undefined ? '' : html`<small>± ${percent(cell.standardError)}</small>`;
  const flag = cell.flags.length ? html`<sup>!</sup>` : '';
  return html`<td class="${marks}" data-value="${cell.mean}" title="${hint(cell)}">${percent(cell.mean)}${flag}${error}</td>`;
}

/** What is behind a number, in a line. */
function hint({ interval, worse, best, count, choices, flags }: Cell): string {
  return [
    interval && `95 %: ${percent(interval.low)} to ${percent(interval.high)}`,
    count > 1 && `mean of ${count}`,
    best ? 'the best of its block' : worse && `${percent(worse.below)} below the best, p = ${pText(worse.tested.p)}`,
    chosenText(choices),
    ...flags.map(({ kind, message }) => `${kind}: ${withoutKind(kind, message)}`),
  ]
    .filter(Boolean)
    .join('; ');
}

/** A probability to three digits; `< 0.001` below that. */
export const pText = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3));

const paperRow = ({ network, method, source, values }: PaperRow, columns: readonly Column[]): Html =>
  html`<tr class="paper"><th class="text" title="${source}">paper: ${network} ${method}</th>${columns.map(
    ({ paper }) =>
      paper === undefined
        ? html`<td>–</td>`
        : html`<td data-value="${values[paper]! / 100}">${values[paper]!.toFixed(1)}</td>`,
  )}</tr>`;
