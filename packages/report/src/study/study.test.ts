import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeEncoderInfo, writeHistory, writeResults } from '@simclr/artifacts';
import { type StageInputs, soleInputs, UserError, type z } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeEncoder, fakeHistory, resultRows } from '../fake-inputs.ts';
import { StudyConfig } from './config.ts';
import { readItems } from './items.ts';
import { drawStudy } from './study.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'study-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Folders of `pretrain@…` and `linear-eval@…` with these linear accuracies. */
function writeItems(linear: Record<string, number>): StageInputs {
  const items = Object.entries(linear).map(([name, accuracy], i) => {
    const input = (stage: string) => {
      const task = `${stage}@${name}`;
      mkdirSync(join(dir, task));
      return { task, item: { head: name }, folder: join(dir, task) };
    };
    const [encoder, results] = [input('pretrain'), input('linear-eval')];
    writeHistory(encoder.folder, fakeHistory(40));
    writeEncoderInfo(encoder.folder, { ...fakeEncoder, policy: `crop|jitter(${i})` });
    const rows = resultRows('squares', 1, { pretrained: [accuracy], pixels: [0.1] });
    const knn = resultRows('cifar10', 1, { pretrained: [accuracy - 0.05] }, 'knn');
    writeResults(results.folder, { rows: [...rows, ...knn], flags: [] });
    return { encoder, results };
  });
  return { encoder: items.map(({ encoder }) => encoder), results: items.map(({ results }) => results) };
}

const study = (overrides: z.input<typeof StudyConfig> | object = {}) =>
  StudyConfig.parse({ source: 'Table 9', finding: 'More is <more>.', differs: 'All of it.', ...overrides });

const tableRows = (html: string): string[][] =>
  [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row!.matchAll(/<t[hd].*?>(.*?)<\/t[hd]>/gs)].map(([, cell]) => cell!.replaceAll(/<[^>]*>/g, '')),
  );
const texts = (html: string): string[] => [...html.matchAll(/<text\b[^>]*>([^<]+)</g)].map(([, text]) => text!);

describe('readItems', () => {
  it('takes the end of the curves and the numbers of the evaluation', () => {
    const [item] = readItems(writeItems({ low: 0.6 }));
    const last = fakeHistory(40).train.slice(-4);
    const mean = last.reduce((sum, { contrastAcc }) => sum + contrastAcc!, 0) / 4;
    expect(item).toMatchObject({
      name: 'low',
      linear: 0.6,
      knn: expect.closeTo(0.55, 12),
      contrastAcc: expect.closeTo(mean, 12),
    });
  });

  it('needs items', () => {
    const message = 'no items: the report of a study needs linear-eval with a matrix, or each: pretrain';
    expect(() => readItems(soleInputs({ results: { folder: dir } }))).toThrow(new UserError(message));
  });
});

describe('drawStudy', () => {
  it('tables every item beside the numbers that the paper has', async () => {
    const inputs = writeItems({ low: 0.6, high: 0.7 });
    const paper = { linear: { high: 64.4 }, contrastEntropy: { low: 1 } };
    const html = await drawStudy('A title', study({ paper }), inputs);
    const [head, low, high] = tableRows(html);
    expect(head?.filter((_, i) => ![3, 4].includes(i))).toEqual([
      'item',
      'linear',
      'kNN',
      'paper: linear',
      'paper: entropy',
    ]);
    expect([low?.slice(0, 3), low?.slice(-2)]).toEqual([
      ['low', '60.0', '55.0'],
      ['–', '1.0'],
    ]);
    expect([high?.slice(0, 3), high?.slice(-2)]).toEqual([
      ['high', '70.0', '65.0'],
      ['64.4', '–'],
    ]);
    expect(html).toContain('<td class="best">70.0');
    expect(texts(html)).toEqual(
      expect.arrayContaining(['60.0%', '70.0%', '64.4%', 'here', 'paper', 'Contrastive accuracy']),
    );
  });

  it('says what all items have in common, and nothing else of them', async () => {
    const html = await drawStudy('A title', study(), writeItems({ low: 0.6, high: 0.7 }));
    expect(html).toContain('What the paper finds');
    expect(await drawStudy('A title', StudyConfig.parse({}), writeItems({ mid: 0.6 }))).not.toMatch(
      /the paper|Chen et al|undefined/i,
    );
    expect(html).toContain('<dt>network</dt>');
    expect(html).not.toContain('<dt>views</dt>');
    expect(html).not.toContain('paper: linear');
  });

  it('draws lines, and the paper at its own values', async () => {
    const chart = { kind: 'lines', series: 'batch', x: 'epochs', paperTimes: [8, 100] };
    const inputs = writeItems({ '32-1': 0.5, '32-2': 0.6, '64-1': 0.55, '64-2': 0.65 });
    const html = await drawStudy('A title', study({ chart, paper: { linear: { '32-2': 61.9 } } }), inputs);
    expect(tableRows(html)[2]?.at(-1)).toBe('61.9 at 256-200');
    expect(texts(html)).toEqual(
      expect.arrayContaining(['Here', 'The paper, ImageNet', 'batch', 'epochs', '256', '200']),
    );
  });

  it('draws pairs as a heat map, one transformation alone on its diagonal', async () => {
    const chart = { kind: 'heatmap', rows: 'first', columns: 'second' };
    const html = await drawStudy('A title', study({ chart }), writeItems({ crop: 0.5, 'crop-blur': 0.6, blur: 0.2 }));
    const cells = [...html.matchAll(/aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="rect mark"/g)];
    expect(cells.map(([, label]) => label)).toEqual([
      expect.stringMatching(/second: crop; first: crop; value: 0.5/),
      expect.stringMatching(/second: blur; first: crop; value: 0.6/),
      expect.stringMatching(/second: blur; first: blur; value: 0.2/),
    ]);
  });

  it('refuses a number of the paper at no item, and lines of items with one part', async () => {
    const inputs = writeItems({ low: 0.6 });
    await expect(drawStudy('', study({ paper: { linear: { lwo: 1 } } }), inputs)).rejects.toThrow(
      new UserError('unknown item: study.paper.linear.lwo. must be one of: low. correct the config of report'),
    );
    const chart = { kind: 'lines', series: 'batch', x: 'epochs' };
    await expect(drawStudy('', study({ chart }), inputs)).rejects.toThrow(
      new UserError('no two parts: low. a chart of lines needs items <series>-<x>'),
    );
  });

  it('is one page that escapes what it is given, the same again, of few items and of many', async () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`item${i}`, 0.5 + i / 100]));
    const inputs = writeItems(many);
    const html = await drawStudy('<script>', study(), inputs);
    expect(html).toContain('More is &#60;more&#62;.');
    expect(html).not.toMatch(/<script|undefined|NaN|\b(?:src|href|xlink:href)="/);
    expect(texts(html)).toContain('linear accuracy');
    expect((await drawStudy('<script>', study(), inputs)) === html).toBe(true);
  });
});
