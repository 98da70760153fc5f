import { PALETTE, renderSvg } from './svg.ts';

/** Classes beyond which their names find no room. */
const NAMED = 40;
/** Side of a cell whose class is named, and of the whole matrix where they are not, px. */
const CELL = 22;
const WHOLE = 720;

/**
 * A confusion matrix as SVG: labels down, predictions across, darker for a larger share of the label's rows.
 * @param counts [classes, classes]
 */
export function confusionChart(counts: ArrayLike<number>, classes: readonly string[], title: string): Promise<string> {
  const count = classes.length;
  const named = count <= NAMED;
  const side = count * (named ? CELL : Math.max(2, Math.floor(WHOLE / count)));
  const places = classes.map((_, at) => at);
  const totals = places.map((label) => places.reduce((sum, c) => sum + counts[label * count + c]!, 0));
  const values = places.flatMap((label) =>
    places.flatMap((predicted) => {
      const n = counts[label * count + predicted]!;
      const said = `${classes[label]} as ${classes[predicted]}: ${n} of ${totals[label]}`;
      return n === 0 ? [] : [{ label, predicted, share: n / totals[label]!, said }];
    }),
  );
  // By number: two classes of one name stay two.
  const at = (field: string, orient: 'top' | 'left') => ({
    field,
    type: 'ordinal',
    title: null,
    scale: { type: 'band', domain: places, padding: 0 },
    axis: named
      ? {
          orient,
          grid: false,
          ticks: false,
          labelLimit: 120,
          labelAngle: orient === 'top' ? -90 : 0,
          labelExpr: `${JSON.stringify(classes)}[datum.value]`,
        }
      : null,
  });
  return renderSvg({
    title: `${title}: labels down, predictions across`,
    background: '#ffffff',
    width: side,
    height: side,
    view: { stroke: '#b8c0cc' },
    data: { values },
    mark: { type: 'rect', color: PALETTE[0] },
    encoding: {
      x: at('predicted', 'top'),
      y: at('label', 'left'),
      opacity: {
        field: 'share',
        type: 'quantitative',
        scale: { domain: [0, 1], range: [0.05, 1], zero: false },
        legend: null,
      },
      description: { field: 'said' },
    },
  });
}
