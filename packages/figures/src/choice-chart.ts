import { INK, PALETTE, renderSvg } from './svg.ts';

/** A value that was tried on validation rows. */
export interface Tried {
  /** What the value is of: a line of the chart. */
  row: string;
  /** Above 0. */
  at: number;
  /** A fraction. */
  score: number;
  chosen: boolean;
}

interface Layout {
  /** Of the x axis. */
  axis: string;
  /** Width and height, px, labels and all. */
  size: readonly [number, number];
  /** Of the legend; px that a label has at most, 0 for any. */
  legend: { orient: 'bottom' | 'right'; columns: number; labelLimit: number };
}

/** Score on validation rows over what was tried, on a logarithmic axis; the chosen value is marked. As SVG. */
export function choiceChart(title: string, values: readonly Tried[], { axis, size, legend }: Layout): Promise<string> {
  const names = [...new Set(values.map(({ row }) => row))];
  const [width, height] = size;
  return renderSvg({
    title,
    background: '#ffffff', // MLflow shows it alone, on whatever there is.
    width,
    height,
    autosize: { type: 'fit', contains: 'padding' },
    data: { values },
    encoding: {
      x: {
        field: 'at',
        type: 'quantitative',
        title: axis,
        scale: { type: 'log', nice: false },
        axis: { format: '~g', tickCount: 5, labelOverlap: true },
      },
      y: {
        field: 'score',
        type: 'quantitative',
        title: null,
        scale: { zero: false },
        axis: { format: '.0%', tickCount: 5 },
      },
      color: { field: 'row', sort: names, scale: { domain: names, range: PALETTE }, legend },
    },
    layer: [
      { mark: { type: 'line', strokeWidth: 1.8 } },
      {
        transform: [{ filter: 'datum.chosen' }],
        mark: { type: 'point', filled: true, size: 60, opacity: 1, stroke: INK, strokeWidth: 1 },
      },
    ],
  });
}
