import { expect, it } from 'vitest';
import { choiceChart } from './choice-chart.ts';
import { confusionChart } from './confusion-chart.ts';

const texts = (svg: string) => [...svg.matchAll(/<text\b[^>]*>([^<]*)</g)].map(([, text]) => text!);

it('draws what was tried, a line for each row and a point where it was chosen, whatever the names', async () => {
  const tried = ['<a>', 'b'].flatMap((row, i) =>
    [1, 10, 100].map((at) => ({ row, at, score: 0.5 + at / 1000, chosen: at === 10 ** (i + 1) })),
  );
  const size = [300, 200] as const;
  const svg = await choiceChart('T', tried, {
    axis: 'λ',
    size,
    legend: { orient: 'bottom', columns: 2, labelLimit: 0 },
  });
  expect(svg.match(/aria-roledescription="line mark"/g)).toHaveLength(2);
  expect(svg.match(/aria-roledescription="point"/g)).toHaveLength(2);
  expect(svg).toMatch(/^<svg [^>]*width="300" height="200"/);
  expect(texts(svg)).toEqual(expect.arrayContaining(['T', 'λ', '&lt;a&gt;', 'b']));
  expect(svg).not.toMatch(/NaN|undefined|<a>/);
});

it('draws confusions as shares of a label’s rows; classes of one name stay two, and of many the names are left out', async () => {
  const svg = await confusionChart([6, 2, 0, 0, 4, 0, 1, 1, 2], ['"x\\', '"x\\', '</svg>'], 'C');
  const cells = [...svg.matchAll(/aria-label="([^"]*)"[^>]*opacity="([\d.]+)"/g)].map(([, said, opacity]) => [
    said,
    opacity,
  ]);
  expect(cells).toHaveLength(6);
  expect(cells[0]).toEqual(['&quot;x\\ as &quot;x\\: 6 of 8', String(0.05 + 0.95 * 0.75)]);
  expect(texts(svg).filter((text) => text === '&lt;/svg&gt;')).toHaveLength(2);
  const many = await confusionChart(new Int32Array(50 * 50).fill(1), Array<string>(50).fill('c'), 'M');
  expect(many.match(/aria-roledescription="rect mark"/g)).toHaveLength(2500);
  expect(texts(many)).toEqual(['M: labels down, predictions across']);
});
