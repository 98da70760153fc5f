import { INK, renderSvg } from '@simclr/figures';
import { COLOURS, type Curve, curveAxes, curves } from '../charts.ts';
import type { StudyItem } from './items.ts';

/** A number of an item, a fraction. */
export interface Cell {
  item: string;
  value: number;
}

const HERE = 'here';
const PAPER = 'paper';
const ACCURACY = { format: '.0%', tickCount: 6 };

/** Bars of what was found here, and below them the paper's where it has a number. Across, for names of any length. */
export function barChart(here: Cell[], paper: Cell[]): Promise<string> {
  const values = [...here.map((cell) => ({ ...cell, who: HERE })), ...paper.map((cell) => ({ ...cell, who: PAPER }))];
  const who = paper.length ? [HERE, PAPER] : [HERE];
  return renderSvg({
    width: 640,
    height: here.length * (who.length * 18 + 10),
    data: { values },
    encoding: {
      y: {
        field: 'item',
        type: 'nominal',
        title: null,
        sort: here.map(({ item }) => item),
        scale: { paddingInner: 0.22 },
        axis: { labelFontSize: 12, labelLimit: 0, grid: false },
      },
      yOffset: { field: 'who', sort: who, scale: { paddingInner: 0.08 } },
      x: {
        field: 'value',
        type: 'quantitative',
        title: 'linear accuracy',
        scale: { domain: [0, 1.08], nice: false },
        axis: { values: [0, 0.2, 0.4, 0.6, 0.8, 1], format: '.0%' },
      },
    },
    layer: [
      {
        mark: 'bar',
        encoding: {
          color: {
            field: 'who',
            scale: { domain: who, range: [COLOURS.pretrained, COLOURS['random-init']] },
            legend: paper.length ? { orient: 'top', labelFontSize: 12, offset: 6 } : null,
          },
        },
      },
      {
        mark: { type: 'text', aria: false, align: 'left', dx: 4, fontSize: 12, color: INK },
        encoding: { text: { field: 'value', format: '.1%' } },
      },
    ],
  });
}

/** A value of a two-key study. */
export interface PairCell {
  /** Of the lines, or the rows. */
  first: string;
  /** Along x, or of the columns. */
  second: string;
  value: number;
}

const appearing = (values: string[]): string[] => [...new Set(values)];

/** One line for each `first` over `second`, whose steps are all as wide: the paper's grids are of doublings. */
export function lineChart(title: string, cells: PairCell[], names: { series: string; x: string }): Promise<string> {
  return renderSvg({
    title,
    width: 330,
    height: 240,
    data: { values: cells },
    encoding: {
      x: {
        field: 'second',
        type: 'ordinal',
        title: names.x,
        sort: appearing(cells.map(({ second }) => second)),
        axis: { labelAngle: 0, grid: false },
      },
      y: {
        field: 'value',
        type: 'quantitative',
        title: 'linear accuracy',
        scale: { zero: false, padding: 12 },
        axis: ACCURACY,
      },
      color: {
        field: 'first',
        type: 'ordinal',
        sort: appearing(cells.map(({ first }) => first)),
        scale: { scheme: 'viridis', reverse: true },
        legend: { title: names.series, titleFontWeight: 500 },
      },
    },
    layer: [
      { mark: { type: 'line', strokeWidth: 2 } },
      { mark: { type: 'point', filled: true, size: 40, opacity: 1 } },
    ],
  });
}

/** A square for each pair, `first` down and `second` across; what is not there stays empty. */
export function heatMap(title: string, cells: PairCell[], names: { rows: string; columns: string }): Promise<string> {
  const order = appearing(cells.flatMap(({ first, second }) => [first, second]));
  const values = cells.map(({ value }) => value);
  const middle = (Math.min(...values) + Math.max(...values)) / 2;
  return renderSvg({
    title,
    width: { step: 46 },
    height: { step: 34 },
    data: { values: cells },
    encoding: {
      x: {
        field: 'second',
        type: 'nominal',
        title: names.columns,
        sort: order,
        axis: { labelAngle: 0, grid: false, orient: 'top', domain: false, ticks: false },
      },
      y: {
        field: 'first',
        type: 'nominal',
        title: names.rows,
        sort: order,
        axis: { grid: false, domain: false, ticks: false },
      },
    },
    layer: [
      {
        mark: 'rect',
        encoding: {
          color: { field: 'value', type: 'quantitative', scale: { scheme: 'blues', zero: false }, legend: null },
        },
      },
      {
        mark: { type: 'text', aria: false, fontSize: 11 },
        encoding: {
          text: { field: 'value', format: '.1%' },
          color: { condition: { test: `datum.value > ${middle}`, value: '#fff' }, value: INK },
        },
      },
    ],
  });
}

/** As many items as colours that can be told apart. */
const DISTINCT = 10;

/** The training curves, a chart for each quantity with all items in it. */
export function studyCurves(items: StudyItem[]): Promise<string>[] {
  const charts = new Map<string, { curve: Curve; values: object[] }>();
  for (const { name, linear, history } of items) {
    for (const curve of curves(history)) {
      const chart = charts.get(curve.title) ?? { curve, values: [] };
      charts.set(curve.title, chart);
      chart.values.push(...curve.points.map((point) => ({ ...point, item: name, linear })));
    }
  }
  charts.delete('Learning rate');
  return [...charts.values()].map(({ curve, values }) => curvesChart(curve, values, items));
}

function curvesChart({ title, format }: Curve, values: object[], items: StudyItem[]): Promise<string> {
  const few = items.length <= DISTINCT;
  const legend = { orient: 'right', titleFontWeight: 500 };
  return renderSvg({
    title,
    width: 460,
    height: 250,
    autosize: { type: 'fit', contains: 'padding' },
    data: { values },
    mark: { type: 'line', strokeWidth: few ? 1.6 : 1.1 },
    encoding: {
      ...curveAxes({ format }),
      detail: { field: 'item' },
      color: few
        ? {
            field: 'item',
            type: 'nominal',
            sort: items.map(({ name }) => name),
            scale: { scheme: 'tableau10' },
            legend,
          }
        : {
            field: 'linear',
            type: 'quantitative',
            // In steps: a continuous legend is a gradient, whose id is counted on from chart to chart.
            scale: { type: 'quantize', scheme: { name: 'viridis', count: 6 }, reverse: true },
            legend: { ...legend, title: 'linear accuracy', format: '.0%' },
          },
    },
  });
}
