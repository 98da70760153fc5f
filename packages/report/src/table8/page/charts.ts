import { choiceChart, PALETTE, renderSvg, type Tried } from '@simclr/figures';
import type { Column } from '../columns.ts';
import { groupTitle } from '../formats/sheet.ts';
import type { Table, TableGroup } from '../table.ts';

/** Scores of a block, a line a dataset and a point a row, with 95 % intervals where there are some. */
export function scoreChart(group: TableGroup, columns: readonly Column[]): Promise<string> {
  const values = group.rows.flatMap(({ name, cells }) =>
    cells.flatMap((cell, at) =>
      cell
        ? [
            {
              row: name,
              dataset: columns[at]!.title,
              score: cell.mean,
              low: cell.interval?.low ?? cell.mean - (cell.standardError ?? 0),
              high: cell.interval?.high ?? cell.mean + (cell.standardError ?? 0),
            },
          ]
        : [],
    ),
  );
  const names = group.rows.filter(({ cells }) => cells.some(Boolean)).map(({ name }) => name);
  const datasets = columns.map(({ title }) => title).filter((title) => values.some(({ dataset }) => dataset === title));
  const colour = { field: 'row', sort: names, scale: { domain: names, range: PALETTE } };
  return renderSvg({
    title: groupTitle(group),
    width: 300,
    height: Math.max(60, datasets.length * (10 + 9 * names.length)),
    data: { values },
    encoding: {
      y: { field: 'dataset', type: 'nominal', title: null, sort: datasets, axis: { labelLimit: 130, grid: true } },
      yOffset: { field: 'row', sort: names },
      x: {
        field: 'low',
        type: 'quantitative',
        title: null,
        axis: { format: '.0%', tickCount: 5 },
        scale: { zero: false },
      },
      color: { ...colour, legend: { orient: 'bottom', columns: 2, labelLimit: 150 } },
    },
    layer: [
      { mark: { type: 'rule', aria: false, strokeWidth: 1.5 }, encoding: { x2: { field: 'high' } } },
      {
        mark: { type: 'point', filled: true, size: 42, opacity: 1 },
        encoding: { x: { field: 'score', type: 'quantitative' } },
      },
    ],
  });
}

/** What was tried on validation rows of a dataset, by the strength of the penalty: all labels, the first repetition. */
function curvePoints({ groups }: Table, column: number): Tried[] {
  const group = groups.find(({ protocol, labels }) => protocol === 'linear' && labels === 'all labels');
  return (group?.rows ?? []).flatMap(({ name, cells }) => {
    const row = cells[column]?.entries[0]?.row;
    return (row?.curve ?? []).flatMap(({ at, score }) =>
      at.l2 === undefined ? [] : [{ row: name, at: at.l2, score, chosen: at.l2 === row!.choice.l2 }],
    );
  });
}

/** The charts of λ, one for each dataset that has a curve of several strengths. */
export function penaltyCharts(table: Table): Promise<string>[] {
  return table.columns.flatMap(({ title }, column) => {
    const values = curvePoints(table, column);
    return new Set(values.map(({ at }) => at)).size > 1 ? [penaltyChart(title, values)] : [];
  });
}

const penaltyChart = (title: string, values: Tried[]): Promise<string> =>
  choiceChart(title, values, {
    axis: 'λ',
    size: [290, 270],
    legend: { orient: 'bottom', columns: 2, labelLimit: 120 },
  });
