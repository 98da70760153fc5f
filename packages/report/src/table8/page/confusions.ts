import { confusionMatrix } from '@simclr/probe/statistics';
import { type Html, html } from '../../html.ts';
import type { Column } from '../columns.ts';
import type { Entry } from '../entries.ts';
import type { Table } from '../table.ts';

/** Classes of a matrix that is drawn whole; of more, the pairs that are most often confused. */
const WHOLE = 20;
const PAIRS = 10;

/** The classifier of a dataset that is looked at closely: the best on frozen features of an encoder, on all labels. */
function closest({ groups }: Table, column: number): { name: string; entry: Entry } | undefined {
  const found = groups
    .filter(({ labels }) => labels === 'all labels')
    .flatMap(({ rows }) => rows)
    .filter(({ kind, cells }) => kind === 'pretrained' && cells[column])
    .sort((a, b) => b.cells[column]!.mean - a.cells[column]!.mean)[0];
  return found && { name: found.name, entry: found.cells[column]!.entries[0]! };
}

/** What is taken for what, of each dataset by its best classifier. */
export function confusionSection(table: Table): Html {
  const parts = table.columns.flatMap((column, at) => {
    const found = closest(table, at);
    return found ? [confusions(column, found.name, found.entry)] : [];
  });
  if (!parts.length) return html``;
  return html`<section><h2>Confusions</h2><p>What each dataset's best classifier takes images for: rows are what they show, columns, in
the same order, what they are taken for. Of many classes, the pairs that are confused most often.</p><div class="confusions">${parts}</div></section>
`;
}

function confusions({ title, metric }: Column, name: string, { test, prediction }: Entry): Html {
  const { classes } = test;
  const by = `${title}: ${name}`;
  if (metric === '11-point-map')
    return html`<div><h3>${by}</h3><p>Its images are of several classes: there is no matrix.</p></div>`;
  const matrix = confusionMatrix(Int32Array.from(prediction.predicted), Int32Array.from(test.labels), classes.length);
  return html`<div><h3>${by}</h3>${classes.length <= WHOLE ? whole(matrix, classes) : pairs(matrix, classes)}</div>`;
}

function whole(matrix: ArrayLike<number>, classes: readonly string[]): Html {
  const n = classes.length;
  const rows = classes.map((name, y) => {
    const counts = classes.map((_, x) => matrix[y * n + x]!);
    const most = Math.max(
      1,
      counts.reduce((sum, count) => sum + count, 0),
    );
    const cells = counts.map((count, x) => {
      const share = Math.round((100 * count) / most);
      return html`<td class="${x === y ? 'right' : 'wrong'}" style="--share:${share}%" title="${name} taken for ${classes[x]!}: ${count}">${count || ''}</td>`;
    });
    return html`<tr><th class="text">${name}</th>${cells}</tr>`;
  });
  return html`<div class="wide"><table class="matrix"><tbody>${rows}</tbody></table></div>`;
}

function pairs(matrix: ArrayLike<number>, classes: readonly string[]): Html {
  const n = classes.length;
  const total = (y: number) => classes.reduce((sum, _, x) => sum + matrix[y * n + x]!, 0);
  const all = classes.flatMap((shown, y) =>
    classes.flatMap((taken, x) =>
      x !== y && matrix[y * n + x]! > 0 ? [{ shown, taken, y, count: matrix[y * n + x]! }] : [],
    ),
  );
  const worst = all.sort((a, b) => b.count - a.count || a.y - b.y).slice(0, PAIRS);
  const lines = worst.map(
    ({ shown, taken, y, count }) => html`<li>${shown} for ${taken}: ${count} of ${total(y)}</li>`,
  );
  return html`<ol>${lines}</ol>`;
}
