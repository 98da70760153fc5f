import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** Colour of text and lines in charts. */
export const INK = '#1f2933';

/** Okabe–Ito, which the colour-blind tell apart; black is the ink's. */
export const PALETTE = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#9aa5b1', '#1f2933'];

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
  title: { anchor: 'start', color: INK, fontSize: 13, fontWeight: 600, offset: 8 },
  legend: { labelColor: '#52606d', title: null },
} as const;

/** A Vega-Lite specification, in the style of all our charts, as SVG. */
export async function renderSvg(spec: object): Promise<string> {
  const full = { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', config: CONFIG, ...spec } as TopLevelSpec;
  const view = new vega.View(vega.parse(compile(full).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
