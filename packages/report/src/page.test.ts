import { describe, expect, it } from 'vitest';
import { resultRows } from './fake-inputs.ts';
import { type Page, renderPage } from './page.ts';
import { summarise } from './results.ts';

const page: Page = {
  title: 'A title',
  encoder: {
    architecture: { depth: 18, stem: 'cifar' },
    inputShape: [28, 28, 1],
    featureDim: 512,
    policy: 'crop|flip',
    dataset: 'clothes',
    steps: 12_345,
    seed: 7,
    precision: 'bf16',
  },
  summaries: summarise([
    ...resultRows('clothes', 1, { pretrained: [0.88], 'random-init': [0.79], pixels: [0.845] }),
    ...resultRows('clothes', 0.01, { pretrained: [0.7, 0.8], 'random-init': [0.6, 0.6], pixels: [0.76, 0.78] }),
    ...resultRows('digits', 0.1, { pixels: [0.9] }),
  ]),
  knn: resultRows('clothes', 1, { pretrained: [0.861] }, 'knn'),
  accuracyChart: '<svg id="bars"></svg>',
  curveCharts: ['<svg id="one"></svg>', '<svg id="two"></svg>'],
  viewGrid: 'data:image/png;base64,AAAA',
  neighbours: [
    {
      query: { image: 'data:image/png;base64,BBBB', label: 'Coat' },
      neighbours: [
        { image: 'data:image/png;base64,CCCC', label: 'Coat', same: true },
        { image: 'data:image/png;base64,DDDD', label: 'Shirt', same: false },
      ],
    },
  ],
};

/** What a reader sees of the rows of the table. */
const tableRows = (html: string): string[][] =>
  [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row!.matchAll(/<t[hd].*?>(.*?)<\/t[hd]>/gs)].map(([, cell]) => cell!.replaceAll(/<[^>]*>/g, '')),
  );

describe('renderPage', () => {
  it('tables every dataset and label fraction', () => {
    expect(tableRows(renderPage(page))).toEqual([
      ['dataset', 'labels', 'training images', 'pretrained', 'random-init', 'pixels', 'test images'],
      ['clothes', 'all labels', '60,000', '88.0', '79.0', '84.5', '10,000'],
      ['clothes', '1 % of labels, 2 draws', '600', '75.0 ± 7.1', '60.0 ± 0.0', '77.0 ± 1.4', '10,000'],
      ['clothes', 'all labels, 20 nearest neighbours', '60,000', '86.1', '–', '–', '10,000'],
      ['digits', '10 % of labels', '6,000', '–', '–', '90.0', '10,000'],
    ]);
  });

  it('marks the best of each row, also where it is not the pretrained', () => {
    const best = [...renderPage(page).matchAll(/<td class="best">([\d.]+)/g)].map(([, number]) => number);
    expect(best).toEqual(['88.0', '77.0', '86.1', '90.0']);
  });

  it('says in the headline what pretraining gained, or lost', () => {
    const gained = renderPage(page);
    expect(gained).toContain('<b>88.0 %</b> linear accuracy on clothes');
    expect(gained).toContain('+9.0 points over the same network untrained, +3.5 over raw pixels');
    const summaries = summarise(resultRows('clothes', 1, { pretrained: [0.8], 'random-init': [0.85], pixels: [0.8] }));
    expect(renderPage({ ...page, summaries })).toContain('−5.0 points over the same network untrained, +0.0 over');
  });

  it('tells how the encoder was made', () => {
    const html = renderPage(page);
    for (const text of ['depth 18, stem cifar', '28 × 28 × 1', '512', 'crop|flip', '12,345', 'bf16']) {
      expect(html).toContain(`<dd>${text}</dd>`);
    }
  });

  it('shows every chart and neighbour once', () => {
    const html = renderPage(page);
    for (const once of ['id="bars"', 'id="one"', 'id="two"', 'AAAA', 'BBBB', 'CCCC', 'DDDD']) {
      expect(html.split(once)).toHaveLength(2);
    }
    expect(html.match(/<figure class="(\w+)"/g)).toEqual(['query', 'same', 'other'].map((k) => `<figure class="${k}"`));
  });

  it('escapes everything that comes from elsewhere', () => {
    const evil = `<script>alert("1")</script>'&`;
    const html = renderPage({
      ...page,
      title: evil,
      encoder: { ...page.encoder, policy: evil, dataset: evil, precision: evil, architecture: { [evil]: evil } },
      summaries: summarise(resultRows(evil, 1, { pretrained: [0.5] })),
      neighbours: [{ query: { ...page.neighbours[0]!.query, label: evil }, neighbours: [] }],
    });
    expect(html).not.toContain('<script');
    expect(html).not.toContain('alert("');
    expect(html.split('&#60;script&#62;alert(&#34;1&#34;)')).toHaveLength(1 + 13);
  });

  it('is a page also without results, curves and neighbours', () => {
    const html = renderPage({ ...page, summaries: [], curveCharts: [], neighbours: [] });
    expect(html).not.toMatch(/undefined|NaN|Infinity/);
    expect(html).toContain('<h1>A title</h1>');
  });
});
