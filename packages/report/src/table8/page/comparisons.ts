import { type Html, html, percent } from '../../html.ts';
import type { Column } from '../columns.ts';
import { groupTitle } from '../formats/sheet.ts';
import type { Comparison } from '../outcomes.ts';
import type { Table, TableGroup } from '../table.ts';
import { pText } from './table.ts';

const METHODS: Record<Comparison['method'], string> = {
  mcnemar: 'exact McNemar',
  'every-swap': 'all swaps',
  'drawn-swaps': 'drawn swaps',
};

/** Of every block and dataset the best row, and how far each other one is below it. */
export function comparisonSection({ columns, groups }: Table): Html {
  const lines = groups.flatMap((group) => columns.flatMap((column, at) => linesOf(group, column, at)));
  if (!lines.length) return html``;
  return html`<section><h2>Who is better</h2>
<p>The best of each block on a dataset, and by how many points it is above each other one. Both are tested on the same images;
where each image weighs the same, the test is McNemar's and p is exact. Of repetitions the means are compared, image by image.</p>
<details><summary>${lines.length} comparisons</summary><div class="wide"><table><thead><tr><th class="text">block</th><th class="text">dataset</th><th class="text">best</th><th class="text">other</th><th>points</th><th>p</th><th class="text">test</th></tr></thead><tbody>${lines}</tbody></table></div></details></section>
`;
}

function linesOf(group: TableGroup, { title, metric }: Column, at: number): Html[] {
  const of = ({ difference }: Comparison) => (metric === '11-point-map' ? `, ${percent(difference)} of accuracy` : '');
  const best = group.rows.find(({ cells }) => cells[at]?.best);
  return group.rows.flatMap(({ name, cells }) => {
    const cell = cells[at];
    if (!cell?.worse || !best) return [];
    const { below, tested } = cell.worse;
    const sure = cell.bold ? '' : 'best';
    return [
      html`<tr><td class="text">${groupTitle(group)}</td><td class="text">${title}</td><td class="text">${best.name}</td><td class="text">${name}</td><td>${percent(below)}</td><td class="${sure}">${pText(tested.p)}</td><td class="text">${METHODS[tested.method]}${of(tested)}</td></tr>`,
    ];
  });
}
