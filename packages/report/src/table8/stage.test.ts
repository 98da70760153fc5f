import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryLog, parseConfig, type StageInputs, UserError } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import planReport from '../plan.ts';
import stage from '../stage.ts';
import { type FakeTable, writeFakeTable } from './fake-table.ts';

const evil = '<script>alert("1")</script>';
const fake: FakeTable = {
  encoders: { good: 0.9, close: 0.89, bad: 0.5 },
  datasets: { digits: 'top-1', pets: 'mean-per-class', voc2007: '11-point-map' },
  missing: ['food101'],
  protocols: ['linear', 'fine-tune'],
  labelFractions: [1, 0.1],
  flags: { bad: [{ kind: 'below-baseline', dataset: 'pets', message: evil }] },
  untrainable: { close: 'an ONNX file has no weights to train' },
};

let dir: string;
let inputs: StageInputs;
let html: string;
const run = async (given: StageInputs, name: string) => {
  const out = join(dir, name);
  mkdirSync(out);
  const log = memoryLog();
  const config = parseConfig(
    stage.config,
    { title: 'A & B', table8: { swaps: 1000, bootstrap: 100, hardest: 2 } },
    'report',
    'c',
  );
  const { signal } = new AbortController();
  const result = await stage.run({ config, inputs: given, out, work: dir, log, seed: 0, signal });
  const files = readdirSync(out).sort();
  return { files, result, text: (file: string) => readFileSync(join(out, file), 'utf8'), ...log.logged };
};
let first: Awaited<ReturnType<typeof run>>;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'table-stage-'));
  inputs = await writeFakeTable(dir, fake);
  first = await run(inputs, 'out');
  html = first.text('report.html');
});
afterAll(() => rmSync(dir, { recursive: true }));

const count = (text: string, of: string | RegExp) => text.split(of).length - 1;

describe('the report of a table', () => {
  it('publishes the page, the table in four formats and the console’s, also as artifacts of the run', () => {
    const files = ['report.html', 'summary.txt', 'table.csv', 'table.json', 'table.md', 'table.tex'];
    expect(first.files).toEqual(files);
    expect([...first.artifacts.keys()].sort()).toEqual(files);
    expect(first.artifacts.get('table.csv')).toBe(first.text('table.csv'));
    expect(JSON.parse(first.text('table.json'))[0]).toMatchObject({ protocol: 'linear', encoder: 'good' });
  });

  it('publishes the same again, to the byte', async () => {
    const again = await run(inputs, 'again');
    for (const file of first.files) expect([file, again.text(file) === first.text(file)]).toEqual([file, true]);
  });

  it('has scores and their errors as metrics by which runs are compared', () => {
    const data: { protocol: string; labels: string; encoder: string; dataset: string; score: number }[] = JSON.parse(
      first.text('table.json'),
    );
    const { score } = data.find((d) => d.encoder === 'good' && d.dataset === 'pets' && d.labels === 'all labels')!;
    expect(100 * first.result.metrics['linear/all_labels/good/pets']!).toBeCloseTo(score, 3);
    expect(first.result.metrics['linear/10___of_labels/good/pets_se']).toBeGreaterThan(0);
    expect(Object.keys(first.result.metrics).some((key) => /pixels|untrained|food101/.test(key))).toBe(false);
  });

  it('warns at the top of what is flagged and missing, and in the cell', () => {
    expect(html.indexOf('<h2>Flagged</h2>')).toBeLessThan(html.indexOf('<h2>Missing datasets</h2>'));
    expect(html.indexOf('<h2>Missing datasets</h2>')).toBeLessThan(html.indexOf('<h2>Scores</h2>'));
    expect(html).toContain('missing: food101 (food101) is not here. fetch it');
    // Of three blocks the cells of one encoder on one dataset.
    expect(count(html, '<sup>!</sup>')).toBe(3);
  });

  it('names what could not be done in the row, below the table and in every format', () => {
    const said = 'not fine-tuned: an ONNX file has no weights to train';
    expect(
      count(html, `<tr class="omitted"><th class="text">close</th><td class="text" colspan="4">${said}</td></tr>`),
    ).toBe(1);
    const note = `close: ${said} (digits, pets, voc2007)`;
    expect(html).toContain(`<li>${note}</li>`);
    expect(first.text('summary.txt').replaceAll(/\s+/g, ' ')).toContain(`! ${note}`);
    expect(first.text('table.md')).toMatch(/^\| close \| – \| – \| – \| – \|$/m);
    expect(first.text('table.csv')).toMatch(
      new RegExp(`^fine-tune,all labels,close,.*,${said},1234567,69804032,close0123456789abcdef\\r$`, 'm'),
    );
    const rows = JSON.parse(first.text('table.json')) as { encoder: string; protocol: string; score: number | null }[];
    const ours = rows.filter(({ encoder, protocol }) => encoder === 'close' && protocol === 'fine-tune');
    expect(ours.map(({ score }) => score)).toEqual([null, null, null, null]);
  });

  it('has the paper’s rows, the curves, the confusions, the hardest images, and what datasets and encoders are', () => {
    expect(count(html, '<tr class="paper">')).toBe(4 + 6);
    for (const heading of ['Who is better', 'Scores by dataset', 'Choice of λ', 'Confusions', 'Hardest images'])
      expect(count(html, `<h2>${heading}</h2>`)).toBe(1);
    expect(count(html, '<img src="data:image/png;base64,')).toBe(3 * 2);
    expect(html).toContain('<code>pets-0123456</code>');
    expect(html).toContain('<td>1,234,567</td><td>0.0698</td><td class="measured">1,000</td>');
    const cost = 'good: 1,234,567 parameters, 0.0698 GFLOP an image, digest good01234567';
    expect(first.text('summary.txt')).toContain(cost);
    expect(first.text('table.tex')).toContain(`% ${cost}`);
    expect(first.text('table.md')).toContain(`- ${cost}`);
    expect(html).not.toMatch(/undefined|NaN|Infinity/);
  });

  it('refers to nothing outside itself, escapes all it is given, and has one script', () => {
    expect(count(html, '<script')).toBe(1);
    expect(html).toContain('<h1>A &#38; B</h1>');
    expect(html).toContain('&#60;script&#62;alert(&#34;1&#34;)');
    expect(html).not.toContain('<b>dog</b>');
    const rest = html.replaceAll(/ xmlns(:\w+)?="http:\/\/www\.w3\.org\/[\w/]+"/g, '');
    expect(rest).not.toMatch(/https?:\/\/|url\(|@import|<link|<iframe/);
  });

  it('is a page that names the datasets where all of them are missing', async () => {
    const absent = inputs.results!.filter(({ item }) => item.dataset === 'food101');
    const { dataset, features, ...others } = inputs;
    const only = await run({ ...others, results: absent }, 'absent');
    expect(only.text('report.html')).toContain('3 encoders on 0 of 1 dataset');
    expect(only.text('summary.txt')).toContain('! missing: food101 (food101) is not here. fetch it\n');
  });

  it('refuses results without their encoder, and two pages at once, before anything runs', () => {
    const plan = (config: object, given: StageInputs) =>
      planReport(
        parseConfig(stage.config, config, 'report', 'c'),
        Object.fromEntries(
          Object.entries(given).map(([role, some]) => [role, some.map((each) => ({ ...each, plan: { facts: {} } }))]),
        ),
      );
    expect(plan({ table8: {} }, inputs)).toEqual({ facts: {} });
    const [, ...others] = inputs.encoder!;
    expect(() => plan({ table8: {} }, { ...inputs, encoder: others })).toThrow(
      new UserError(
        'missing input: report needs the encoder of transfer@digits-good. add its stage to needs in pipeline.yaml',
      ),
    );
    const study = { source: '', finding: '', differs: '' };
    expect(() => plan({ table8: {}, study }, inputs)).toThrow(/^two pages: report\.study and report\.table8\. /);
  });
});

const chromium = '/usr/bin/chromium';
/** The page's text once a script of ours has run in it. */
function inBrowser(script: string): string {
  const file = join(dir, 'probe.html');
  writeFileSync(file, html.replace('</body>', `<script>${script}</script></body>`));
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--dump-dom',
    `--user-data-dir=${join(dir, 'chromium')}`,
  ];
  const dom = execFileSync(chromium, [...flags, `file://${file}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return /<pre id="found">(.*?)<\/pre>/s.exec(dom)![1]!;
}

describe.skipIf(!existsSync(chromium))('the page in a browser (chromium)', { timeout: 120_000 }, () => {
  const tell = `const found = document.createElement('pre'); found.id = 'found'; document.body.append(found);`;

  it('sorts each block by the column that is clicked, and tells what is behind a number', () => {
    const found = inBrowser(`${tell}
      const table = document.querySelector('table.sortable');
      const names = () => [...table.tBodies[0].rows].slice(1).map((row) => row.cells[0].textContent);
      const before = names();
      const button = table.querySelectorAll('thead button')[2];
      button.click(); const down = names(); button.click(); const up = names();
      table.querySelector('td[title]').click();
      found.textContent = JSON.stringify({ before, down, up, told: document.querySelector('.scores output').textContent });`);
    const { before, down, up, told } = JSON.parse(found.replaceAll('&amp;', '&'));
    expect(before.slice(0, 3)).toEqual(['good', 'close', 'bad']);
    expect([...down].sort()).toEqual([...before].sort());
    expect(down).toEqual(up.toReversed());
    expect(down).not.toEqual(before);
    expect(told).toMatch(/ on The \w+: .*l2 10/);
  });
});
