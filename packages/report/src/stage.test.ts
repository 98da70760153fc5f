import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPixels } from '@simclr/shards';
import { memoryLog, parseConfig, type Role, type StageInputs, UserError } from '@simclr/stage';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeInputs, resultRows, writeFakeInputs } from './fake-inputs.ts';
import planReport from './plan.ts';
import stage from './stage.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'report-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const fake: FakeInputs = {
  classes: ['dark', '<script>alert(1)</script>', 'light'],
  rows: {
    linear: [
      ...resultRows('squares', 1, { pretrained: [0.88], 'random-init': [0.79], pixels: [0.845] }),
      ...resultRows('squares', 0.01, { pretrained: [0.7, 0.72, 0.74], pixels: [0.6, 0.61, 0.62] }),
    ],
    transfer: resultRows('digits', 1, { pretrained: [0.951], 'random-init': [0.9], pixels: [0.962] }),
  },
  points: 40,
  queries: [4, 1, 2],
  neighbours: [
    [1, 4, 2],
    [7, 10, 13],
    [0, 2, 5],
  ],
};

async function run(inputs: StageInputs, config: unknown = {}, name = 'out') {
  const out = join(dir, name);
  mkdirSync(out);
  const log = memoryLog();
  const { signal } = new AbortController();
  const parsed = parseConfig(stage.config, config, 'report', 'configs/test.json');
  const result = await stage.run({ config: parsed, inputs, out, work: dir, log, seed: 0, signal });
  return { html: readFileSync(join(out, 'report.html'), 'utf8'), out, result, ...log.logged };
}

describe('the stage report', () => {
  it('writes one page, also as an artifact of the run', async () => {
    const { html, out, result, artifacts } = await run(await writeFakeInputs(dir, fake));
    expect(readdirSync(out)).toEqual(['report.html']);
    expect([...artifacts]).toEqual([['report.html', html]]);
    expect(result).toEqual({ metrics: {} });
    // kNN of linear-eval and of transfer.
    for (const accuracy of ['86.0', '93.1']) expect(html).toContain(`>${accuracy}</td>`);
  });

  it('shows the numbers of linear-eval and transfer', async () => {
    const { html } = await run(await writeFakeInputs(dir, fake), { title: 'Squares & co' });
    expect(html).toContain('<h1>Squares &#38; co</h1>');
    for (const number of ['>88.0<', '>79.0<', '>84.5<', '>72.0 <small>± 2.0<', '>95.1<', '>96.2<', '>12,345<']) {
      expect(html).toContain(number);
    }
    // In the charts.
    for (const text of ['>88.0%<', '>72.0%<', '>Loss<', '>Learning rate<']) expect(html).toContain(text);
  });

  it('does without transfer', async () => {
    const { results, ...inputs } = await writeFakeInputs(dir, fake);
    const { html } = await run({ ...inputs, results: results!.slice(0, 1) });
    expect(html).toContain('>88.0<');
    expect(html).not.toContain('>95.1<');
  });

  it('says before anything runs what it would lack', () => {
    const plan = (given: Partial<Record<Role, string[]>>, study?: object) => {
      const inputs = Object.entries(given).map(([role, tasks]) => {
        const input = (task: string) => ({ task, item: itemOf(task), plan: { facts: {} } });
        return [role, tasks.map(input)];
      });
      const config = parseConfig(stage.config, { study }, 'report', 'configs/test.json');
      return planReport(config, Object.fromEntries(inputs));
    };
    const itemOf = (task: string) => (task.includes('@') ? { head: task.split('@')[1]! } : {});
    const one = { dataset: ['ingest'], views: ['augment'], encoder: ['pretrain'], results: ['linear-eval'] };
    expect(plan(one)).toEqual({ facts: {} });
    expect(() => plan({ ...one, views: [] })).toThrow(
      /^missing input: views\. .* given: dataset ingest, encoder pretrain, results linear-eval$/,
    );
    // Of a matrix a study is drawn, whether or not the config says what of.
    const several = ['a', 'b'].map((item) => [`pretrain@${item}`, `linear-eval@${item}`] as const);
    const matrix = { encoder: several.map(([encoder]) => encoder), results: several.map(([, results]) => results) };
    expect(plan(matrix)).toEqual({ facts: {} });
    expect(() => plan({ ...one, encoder: matrix.encoder })).toThrow(/^no items: the report of a study needs/);
    const study = { source: 'Table 1', finding: 'x', differs: 'y', paper: { linear: { a: 1 } } };
    expect(plan({ encoder: ['pretrain@a'], results: ['linear-eval@a'] }, study)).toEqual({ facts: {} });
    expect(() => plan({ results: ['linear-eval@a'] }, study)).toThrow(
      /^missing input: report needs the encoder of linear-eval@a\. /,
    );
    expect(() => plan({ encoder: ['pretrain@b'], results: ['linear-eval@b'] }, study)).toThrow(
      /^unknown item: study\.paper\.linear\.a\. /,
    );
  });

  it('refers to nothing outside itself', async () => {
    const { html } = await run(await writeFakeInputs(dir, fake));
    const targets = [...html.matchAll(/\b(?:src|href|xlink:href|action|srcset)="([^"]*)"/g)].map(
      ([, target]) => target!,
    );
    expect(targets).toHaveLength(1 + 3 * 4);
    for (const target of targets) expect(target).toMatch(/^data:image\/png;base64,[\w+/=]+$/);
    expect(html).not.toMatch(/url\(|@import|<script|<link|<iframe/);
    const rest = html.replaceAll(/ xmlns(:\w+)?="http:\/\/www\.w3\.org\/[\w/]+"/g, '');
    expect(rest).not.toMatch(/https?:\/\//);
  });

  it('escapes the names of classes', async () => {
    const { html } = await run(await writeFakeInputs(dir, fake));
    expect(html).not.toContain('<script');
    expect(html).toContain('<span>&#60;script&#62;alert(1)&#60;/script&#62;</span>');
  });

  it('shows as many queries as wanted, the images that the other stages mean, and whether classes agree', async () => {
    const inputs = await writeFakeInputs(dir, fake);
    const { html } = await run(inputs, { queries: 1 });
    const figures = [...html.matchAll(/<figure class="(\w+)"><img src="data:image\/png;base64,([^"]+)"/g)];
    // Row 4 has class 1, as have rows 1 and 4 of the training images, and row 2 has not.
    expect(figures.map(([, kind]) => kind)).toEqual(['query', 'same', 'same', 'other']);
    const train = loadPixels(join(dir, 'ingest/squares/train'));
    const { data, info } = await sharp(Buffer.from(figures[3]![2]!, 'base64'))
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 8, height: 8 });
    expect([...data]).toEqual([...train.data.subarray(2 * 64, 3 * 64)]);
    expect((await run(inputs, { queries: 0 }, 'none')).html).not.toContain('<figure');
  });

  it('writes the same page again', async () => {
    const inputs = await writeFakeInputs(dir, fake);
    const [first, again] = [await run(inputs), await run(inputs, {}, 'again')];
    expect(again.html === first.html).toBe(true);
  });

  it.each([
    ['pretrain', 'history.json'],
    ['augment', 'preview.png'],
  ])('names a file of %s that is missing', async (from, name) => {
    const inputs = await writeFakeInputs(dir, fake);
    rmSync(join(dir, from, name));
    const missing = run(inputs);
    await expect(missing).rejects.toThrow(UserError);
    await expect(missing).rejects.toThrow(
      `missing file: ${dir}/${from}/${name}. run npm run pipeline -- run <pipeline> --force <stage>, the stage that writes it`,
    );
  });

  it.each([
    ['a neighbour', { queries: [0], neighbours: [[99]] }],
    ['a query', { queries: [99], neighbours: [[0]] }],
    ['the neighbours', { queries: [0, 1], neighbours: [[0]] }],
  ])('refuses neighbours where %s is not in the dataset', async (_what, foreign) => {
    const inputs = await writeFakeInputs(dir, { ...fake, ...foreign });
    const message =
      'foreign neighbours: neighbours.json is of another dataset. run npm run pipeline -- run <pipeline> --force linear-eval';
    await expect(run(inputs)).rejects.toThrow(new UserError(message));
  });
});
