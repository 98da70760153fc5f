import { describe, expect, it } from 'vitest';
import { accuracyChart, COLOURS, curveChart, curves, fractionName } from './charts.ts';
import { fakeHistory, resultRows } from './fake-inputs.ts';
import { summarise } from './results.ts';

const summaries = summarise([
  ...resultRows('clothes', 1, { pretrained: [0.88], 'random-init': [0.79], pixels: [0.845] }),
  ...resultRows('clothes', 0.01, { pretrained: [0.7, 0.8], pixels: [0.6, 0.64] }),
]);

const texts = (svg: string): string[] => [...svg.matchAll(/<(text|tspan)\b[^>]*>([^<]+)</g)].map(([, , text]) => text!);
/** Heights of the bars of a colour, px, from their paths `M0,top h… v<height> h… Z`. */
const barHeights = (svg: string, colour: string): number[] =>
  [...svg.matchAll(/<path [^>]*aria-roledescription="bar" d="[^"v]*v([\d.]+)[^"]*" fill="(#\w{6})"/g)]
    .filter(([, , fill]) => fill === colour)
    .map(([, height]) => Number(height));
const whiskers = (svg: string): number =>
  svg.match(/<g class="mark-rule role-mark [^>]*>(<line[^>]*>)*/)![0].split('<line').length - 1;

describe('accuracyChart', () => {
  it('draws bars from zero, as long as the accuracies are high', async () => {
    const svg = await accuracyChart(summaries);
    const unit = barHeights(svg, COLOURS.pretrained)[0]! / 0.88;
    expect(unit).toBeGreaterThan(100);
    const expected = { pretrained: [0.88, 0.75], 'random-init': [0.79], pixels: [0.845, 0.62] };
    for (const [kind, accuracies] of Object.entries(expected)) {
      const heights = barHeights(svg, COLOURS[kind as keyof typeof COLOURS]);
      expect(heights).toEqual(accuracies.map((accuracy) => expect.closeTo(accuracy * unit, 6)));
    }
  });

  it('labels bars with accuracies and groups with datasets', async () => {
    const shown = texts(await accuracyChart(summaries));
    for (const text of ['88.0%', '79.0%', '84.5%', '75.0%', '62.0%', 'all labels', '1 % of labels']) {
      expect(shown).toContain(text);
    }
    for (const kind of Object.keys(COLOURS)) expect(shown).toContain(kind);
    expect(shown.filter((text) => text === 'clothes')).toHaveLength(2);
  });

  it('draws whiskers only where there are several draws', async () => {
    expect(whiskers(await accuracyChart(summaries))).toBe(2);
    expect(whiskers(await accuracyChart(summaries.slice(0, 1)))).toBe(0);
  });
});

describe('curveChart', () => {
  it('draws every curve in the same size', async () => {
    const charts = await Promise.all(curves(fakeHistory(40)).map(curveChart));
    expect(charts).toHaveLength(6);
    expect(new Set(charts.map((svg) => /width="[\d.]+" height="[\d.]+"/.exec(svg)![0])).size).toBe(1);
  });

  it('has nothing to draw of a run without points', () => {
    expect(curves({ train: [], knn: [] })).toEqual([]);
    expect(curves({ ...fakeHistory(8), train: [] }).map(({ title }) => title)).toEqual([
      'kNN accuracy, held-out images',
      'Directions that features use',
    ]);
  });

  it('draws one point', async () => {
    const [loss] = curves(fakeHistory(1));
    expect(await curveChart(loss!)).toContain('Loss');
  });
});

it('charts are the same when drawn again, and refer to nothing', async () => {
  const draw = async () =>
    Promise.all([accuracyChart(summaries), ...curves(fakeHistory(30)).map((curve) => curveChart(curve))]);
  const first = await draw();
  const second = await draw();
  expect(second.map((svg, i) => svg === first[i])).toEqual(first.map(() => true));
  for (const svg of first) {
    expect(svg).not.toMatch(/ (id|href|xlink:href)="|url\(/);
    expect(svg.replaceAll(/xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/https?:|NaN|undefined/);
  }
});

it('escapes text', async () => {
  const svg = await accuracyChart(summarise(resultRows('<script>&"', 1, { pixels: [0.5] })));
  expect(svg).not.toContain('<script');
  expect(svg).toContain('&lt;script&gt;&amp;');
});

it.each([
  [1, 'all labels'],
  [0.1, '10 % of labels'],
  [0.01, '1 % of labels'],
  [0.005, '0.5 % of labels'],
  [0.07, '7 % of labels'],
])('fractionName(%d) is %s', (fraction, name) => {
  expect(fractionName(fraction)).toBe(name);
});
