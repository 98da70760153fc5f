import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Features, History, Summary } from './results.ts';

/** One colour a feature kind, through every chart and table of the report (readable by the colour-blind: Okabe–Ito). */
export const COLOURS: Record<Features, string> = {
  pretrained: '#0072b2',
  'random-init': '#9aa5b1',
  pixels: '#e69f00',
};

const CONFIG = {
  font: 'system-ui, -apple-system, "Segoe UI", sans-serif',
  background: 'transparent',
  view: { stroke: null },
  axis: {
    grid: true,
    gridColor: '#e6e9ee',
    domainColor: '#b8c0cc',
    tickColor: '#b8c0cc',
    labelColor: '#52606d',
    titleColor: '#52606d',
    titleFontWeight: 500,
  },
  title: { anchor: 'start', color: '#1f2933', fontSize: 13, fontWeight: 600, offset: 8 },
  legend: { labelColor: '#52606d', title: null },
} as const;

async function render(spec: object): Promise<string> {
  const full = { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', config: CONFIG, ...spec } as TopLevelSpec;
  const view = new vega.View(vega.parse(compile(full).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

interface Curve {
  title: string;
  /** Label of the y axis. */
  y: string;
  format: string;
  points: { epoch: number; value: number }[];
}

/** The curves of a pretraining run, in the order of the report. */
export function curves({ train, knn }: History): Curve[] {
  const of = (key: 'loss' | 'contrastAcc' | 'contrastEntropy' | 'learningRate') =>
    train.map((point) => ({ epoch: point.epoch, value: point[key] }));
  return [
    { title: 'NT-Xent loss', y: 'loss', format: '.1f', points: of('loss') },
    { title: 'Contrastive accuracy', y: 'accuracy', format: '.0%', points: of('contrastAcc') },
    {
      title: 'kNN accuracy, held-out training images',
      y: 'accuracy',
      format: '.0%',
      points: knn.map(({ epoch, accuracy }) => ({ epoch, value: accuracy })),
    },
    { title: 'Contrastive entropy', y: 'nats', format: '.1f', points: of('contrastEntropy') },
    { title: 'Learning rate', y: 'rate', format: '.2~g', points: of('learningRate') },
  ].filter((curve) => curve.points.length > 0);
}

/** A curve over epochs as SVG. */
export function curveChart(curve: Curve): Promise<string> {
  return render({
    title: curve.title,
    width: 268,
    height: 150,
    data: { values: curve.points },
    mark: {
      type: 'line',
      color: COLOURS.pretrained,
      strokeWidth: 1.6,
      point: curve.points.length < 20 ? { size: 24, color: COLOURS.pretrained } : false,
    },
    encoding: {
      x: { field: 'epoch', type: 'quantitative', title: 'epoch', axis: { tickCount: 5 } },
      y: {
        field: 'value',
        type: 'quantitative',
        title: null,
        scale: { zero: false },
        axis: { format: curve.format, tickCount: 5 },
      },
    },
  });
}

/** Accuracy of each feature kind, one group of bars a (dataset, label fraction), as SVG. */
export function accuracyChart(summaries: Summary[]): Promise<string> {
  const values = summaries.flatMap(({ dataset, labelFraction, by }) =>
    Object.entries(by).map(([features, { mean, std }]) => ({
      group: `${dataset}, ${fractionName(labelFraction)}`,
      features,
      mean,
      low: mean - std,
      high: mean + std,
    })),
  );
  const names = Object.keys(COLOURS);
  const x = { field: 'group', type: 'nominal', title: null, sort: null, axis: { labelAngle: 0, labelLimit: 220 } };
  const xOffset = { field: 'features', sort: names };
  const lowest = Math.min(...values.map((value) => value.low), 1);
  const scale = { domain: [Math.max(0, Math.floor(lowest * 10 - 1) / 10), 1], clamp: true };
  return render({
    width: Math.max(360, values.length * 56),
    height: 230,
    data: { values },
    encoding: { x, xOffset },
    layer: [
      {
        mark: { type: 'bar', cornerRadiusEnd: 2, clip: true },
        encoding: {
          y: { field: 'mean', type: 'quantitative', title: 'test accuracy', scale, axis: { format: '.0%' } },
          color: {
            field: 'features',
            scale: { domain: names, range: Object.values(COLOURS) },
            legend: { orient: 'top' },
          },
        },
      },
      {
        transform: [{ filter: 'datum.high > datum.low' }],
        mark: { type: 'rule', color: '#1f2933' },
        encoding: { y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
      },
      {
        mark: { type: 'text', dy: -8, fontSize: 11, color: '#1f2933' },
        encoding: {
          y: { field: 'high', type: 'quantitative' },
          text: { field: 'mean', format: '.1%' },
        },
      },
    ],
  });
}

/** `1` → `all labels`, `0.01` → `1 % of labels`. */
export function fractionName(fraction: number): string {
  return fraction === 1 ? 'all labels' : `${Number((fraction * 100).toPrecision(3))} % of labels`;
}
