import { type Curves, type FeatureKind, labelPercent } from '@simclr/artifacts';
import { INK, renderSvg } from '@simclr/figures';
import type { Summary } from './results.ts';

/** One colour a feature kind, through every chart and table of the report (readable by the colour-blind: Okabe–Ito). */
export const COLOURS: Record<FeatureKind, string> = {
  pretrained: '#0072b2',
  'random-init': '#9aa5b1',
  pixels: '#e69f00',
};

/** A quantity over the epochs of a run. */
export interface Curve {
  title: string;
  /** Of the numbers along the y axis, in the notation of d3-format. */
  format: string;
  points: { epoch: number; value: number }[];
}

/** The curves of a pretraining run, in the order of the report. */
export function curves({ train, knn }: Curves): Curve[] {
  const of = (key: 'loss' | 'contrastAcc' | 'contrastEntropy' | 'supervisedAcc' | 'learningRate') =>
    train.flatMap(({ epoch, [key]: value }) => (value === undefined ? [] : [{ epoch, value }]));
  return [
    { title: 'Loss', format: '.1f', points: of('loss') },
    { title: 'Contrastive accuracy', format: '.1~%', points: of('contrastAcc') },
    {
      title: 'kNN accuracy, held-out images',
      format: '.1~%',
      points: knn.map(({ epoch, accuracy }) => ({ epoch, value: accuracy })),
    },
    { title: 'Linear accuracy, training views', format: '.1~%', points: of('supervisedAcc') },
    {
      title: 'Directions that features use',
      format: '.0f',
      points: knn.flatMap(({ epoch, featureRank: value }) => (value === undefined ? [] : [{ epoch, value }])),
    },
    { title: 'Contrastive entropy, nats', format: '.1f', points: of('contrastEntropy') },
    { title: 'Learning rate', format: '.2~g', points: of('learningRate') },
  ].filter((curve) => curve.points.length > 0);
}

/** Axes of a chart of `epoch` and `value`. */
export const curveAxes = ({ format }: Pick<Curve, 'format'>) => ({
  x: { field: 'epoch', type: 'quantitative', title: 'epoch', scale: { domainMin: 0 }, axis: { tickCount: 5 } },
  y: { field: 'value', type: 'quantitative', title: null, scale: { zero: false }, axis: { format, tickCount: 5 } },
});

/** A curve over epochs as SVG. */
export function curveChart(curve: Curve): Promise<string> {
  return renderSvg({
    title: curve.title,
    // The same for every curve, labels and all: the plots shrink to fit.
    width: 290,
    height: 200,
    autosize: { type: 'fit', contains: 'padding' },
    data: { values: curve.points },
    mark: {
      type: 'line',
      color: COLOURS.pretrained,
      strokeWidth: 1.6,
      point: curve.points.length < 20 ? { size: 24, color: COLOURS.pretrained } : false,
    },
    encoding: curveAxes(curve),
  });
}

const BAR_WIDTH = 66;

/** Accuracy of each feature kind, one group of bars a (dataset, label fraction), as SVG. Whiskers: ± one standard deviation. */
export function accuracyChart(summaries: Summary[]): Promise<string> {
  const values = summaries.flatMap(({ dataset, labelFraction, by }) =>
    Object.entries(by).map(([features, { mean, std }]) => ({
      group: `${dataset}\n${fractionName(labelFraction)}`,
      features,
      mean,
      low: mean - std,
      high: mean + std,
    })),
  );
  const kinds = Object.keys(COLOURS);
  const labels = {
    labelExpr: "split(datum.label, '\\n')",
    labelAngle: 0,
    labelFontSize: 12,
    labelLimit: 0,
    grid: false,
  };
  const axis = { values: [0, 0.2, 0.4, 0.6, 0.8, 1], format: '.0%' };
  // From zero, so that the lengths of the bars compare; room above for the numbers.
  const scale = { domain: [0, 1.08], nice: false };
  return renderSvg({
    width: Math.max(400, values.length * BAR_WIDTH),
    height: 240,
    data: { values },
    encoding: {
      x: { field: 'group', type: 'nominal', title: null, sort: null, scale: { paddingInner: 0.2 }, axis: labels },
      xOffset: { field: 'features', sort: kinds, scale: { paddingInner: 0.08 } },
      y: { field: 'mean', type: 'quantitative', title: 'test accuracy', scale, axis },
    },
    layer: [
      {
        // Square: round corners need clip paths, whose ids are counted on from chart to chart.
        mark: 'bar',
        encoding: {
          color: {
            field: 'features',
            scale: { domain: kinds, range: Object.values(COLOURS) },
            legend: { orient: 'top', labelFontSize: 12, offset: 6 },
          },
        },
      },
      {
        transform: [{ filter: 'datum.high > datum.low' }],
        mark: { type: 'errorbar', aria: false, color: INK, ticks: { size: 10 } },
        encoding: { y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
      },
      {
        mark: { type: 'text', aria: false, dy: -9, fontSize: 12, color: INK },
        encoding: { y: { field: 'high', type: 'quantitative' }, text: { field: 'mean', format: '.1%' } },
      },
    ],
  });
}

/** `1` → `all labels`, `0.01` → `1 % of labels`. */
export function fractionName(fraction: number): string {
  return fraction === 1 ? 'all labels' : `${labelPercent(fraction)} % of labels`;
}
