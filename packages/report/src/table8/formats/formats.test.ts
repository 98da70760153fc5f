import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { csvField } from '@simclr/figures/text';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnsOf } from '../columns.ts';
import { Table8Config } from '../config.ts';
import { readEntries } from '../entries.ts';
import { writeFakeTable } from '../fake-table.ts';
import { type Table, tableOf } from '../table.ts';
import { consoleTable } from './console.ts';
import { csvTable } from './csv.ts';
import { chosenText, dataOf } from './data.ts';
import { latexTable, latexText } from './latex.ts';
import { markdownTable, markdownText } from './markdown.ts';
import { notesOf } from './sheet.ts';

let dir: string;
let table: Table;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'formats-'));
  const missing = ['food101'];
  const inputs = await writeFakeTable(dir, {
    encoders: { 'r50_1x & co': 0.9, bad: 0.5 },
    datasets: { cifar10: 'top-1', pets: 'mean-per-class' },
    missing,
    protocols: ['linear'],
    labelFractions: [1, 0.1],
    flags: { bad: [{ kind: 'below-baseline', dataset: 'pets', message: 'no better than pixels, 50 %' }] },
  });
  const results = inputs.results!.filter(({ item }) => !missing.includes(item.dataset!));
  const entries = readEntries(inputs, results);
  table = tableOf(columnsOf(inputs, entries), entries, Table8Config.parse({ swaps: 1000, bootstrap: 100 }), 0);
});
afterAll(() => rmSync(dir, { recursive: true }));

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...'\\{}$&#%_~^|`*<>[]"\',\r\n -–'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
});

/** Fields of a line of CSV, read as RFC 4180 says. */
function fieldsOf(text: string): string[] {
  const found = [...text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|$)/g)];
  const fields = found.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!);
  // After the last field, the end matches once more.
  return found.at(-2)?.[3] === '' ? fields.slice(0, -1) : fields;
}

describe('CSV', () => {
  it('gives back any fields', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 2, maxLength: 4 }), (fields) => {
        const line = fields.map(csvField).join(',');
        expect(fieldsOf(line).slice(0, fields.length)).toEqual(fields);
      }),
    );
  });

  it('has a line for each number, and for each that is missing', () => {
    const lines = csvTable(table).split('\r\n');
    expect(lines.pop()).toBe('');
    const data = dataOf(table);
    expect(lines).toHaveLength(1 + data.length);
    // Two blocks of four rows on three datasets.
    expect(data).toHaveLength(2 * 4 * 3);
    expect(data.filter(({ score }) => score === null).map(({ dataset, flags }) => [dataset, flags])).toEqual(
      Array(8).fill(['food101', 'missing']),
    );
    const cell = table.groups[0]!.rows[0]!.cells[1]!;
    const line = lines.find((each) => each.startsWith('linear,all labels,r50_1x & co,pretrained,cifar10,top-1,'))!;
    const [score, , , top1, top5, , , trainRows] = line.split(',').slice(6);
    for (const value of [score, top1]) expect(Number(value)).toBeCloseTo(100 * cell.mean, 3);
    expect([top5, trainRows]).toEqual(['', '300']);
  });
});

describe('data', () => {
  it('has a line for what was left out beside numbers of other datasets', () => {
    const key = { dataset: 'pets', features: 'pretrained', protocol: 'linear', labelFraction: 0.1, draw: 0 } as const;
    const omissions = [{ encoder: 'bad', row: { ...key, reason: 'one a class' } }];
    const groups = table.groups.map((group) => ({
      ...group,
      rows: group.rows.map((row) =>
        row.name === 'bad' && group.labels !== 'all labels' ? { ...row, cells: row.cells.with(2, undefined) } : row,
      ),
    }));
    const left = dataOf({ ...table, groups, omissions }).filter(({ flags }) => flags === 'not evaluated: one a class');
    expect(left).toEqual([
      expect.objectContaining({ encoder: 'bad', dataset: 'pets', labels: '10 % of labels', score: null }),
    ]);
  });

  it('has the digest of the network that a tap is of, and no cost of the whole', () => {
    const [group] = table.groups;
    const [row] = group!.rows;
    const costs = { origin: '', input: '', featureDim: 8, precision: 'fp32', parameters: 5, flops: 7, digest: 'abc' };
    const encoders = [{ ...costs, name: row!.name, seed: '' }];
    const tapped = { ...row!, name: 'r, block_group3', encoder: 'r, block_group3', network: row!.name };
    const [whole, tap] = dataOf({ ...table, encoders, groups: [{ ...group!, rows: [row!, tapped] }] })
      .filter(({ dataset }) => dataset === 'pets')
      .map(({ digest, parameters, flops }) => ({ digest, parameters, flops }));
    expect(whole).toEqual({ digest: 'abc', parameters: 5, flops: 7 });
    expect(tap).toEqual({ digest: 'abc', parameters: null, flops: null });
  });
});

describe('LaTeX', () => {
  it('leaves no character of any text with a meaning of its own', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const bare = latexText(text).replace(/\\(text\w+\{\}|[{}$&#%_])|\$\\(pm|times)\$/g, '');
        expect(bare).not.toMatch(/[\\{}$&#%_~^\r\n]/);
      }),
    );
    expect(latexText('50 % of C:\\a_b~{x}^2 & $1 ± 2')).toBe(
      '50 \\% of C:\\textbackslash{}a\\_b\\textasciitilde{}\\{x\\}\\textasciicircum{}2 \\& \\$1 $\\pm$ 2',
    );
  });

  it('is a table whose rows have as many cells as its columns', () => {
    const text = latexTable(table);
    const body = text.split('\n').filter((line) => line.endsWith('\\\\'));
    for (const line of body.filter((each) => !each.startsWith('\\multicolumn')))
      expect(line.split(/(?<!\\)&/)).toHaveLength(1 + 3);
    expect(text).toContain('\\begin{tabular}{lrrr}');
    expect(text).toContain('r50\\_1x \\& co & -- & \\textbf{');
    for (const line of text.split('\n')) expect(line.split('{').length).toBe(line.split('}').length);
  });
});

describe('Markdown', () => {
  it('keeps any text in its cell, on one line', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = markdownText(text);
        expect(shown).not.toMatch(/[\r\n]|(?<!\\)(?:\\\\)*[|`*<]/);
        expect(shown.replace(/\\([\\`*_{}[\]<>()#+!|~$&-])/g, '$1')).toBe(text.replace(/[\r\n]+/g, ' '));
      }),
    );
  });

  it('is a table a block, with what is missing and flagged below', () => {
    const text = markdownTable(table);
    expect(text.match(/^### .*/gm)).toEqual(['### Linear evaluation', '### Linear evaluation, 10 % of labels']);
    for (const line of text.split('\n').filter((each) => each.startsWith('|')))
      expect(line.split(/(?<!\\)\|/)).toHaveLength(1 + 4 + 1);
    expect(text).toMatch(/^\| r50\\_1x \\& co \| – \| \*\*9\d\.\d\*\* \|/m);
    expect(text).toMatch(/^\| paper: R50 4x SimCLR \| 76\.9 \| 95\.3 \| 89\.2 \|$/m);
    expect(text).toMatch(/^\| bad .* \| \d+\.\d ± \d+\.\d ⚠ \|$/m);
    for (const note of notesOf(table)) expect(text).toContain(`- ${markdownText(note)}`);
  });
});

describe('the console’s table', () => {
  it('is narrow enough, however many the datasets, long the names, and much there is to say', () => {
    const columns = Array.from({ length: 40 }, (_, i) => ({ ...table.columns[1]!, short: `d${i}`, dataset: `d${i}` }));
    const groups = table.groups.map((group) => ({
      ...group,
      rows: group.rows.map((row) => ({ ...row, name: row.name.repeat(9), cells: columns.map(() => row.cells[1]) })),
    }));
    const flag = { kind: 'below-baseline' as const, message: 'as many words as it takes '.repeat(20).trim() };
    const text = consoleTable({ ...table, columns, groups, flags: [{ encoder: 'bad', flag }] });
    const lines = text.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines[0]!.trim().split(/\s+/)).toHaveLength(12);
    for (const { short } of columns) expect(lines.filter((line) => line.split(/\s+/).includes(short))).toHaveLength(1);
    expect(text.replace(/\s+/g, ' ')).toContain(flag.message);
  });

  it('marks what print sets in bold, and what is flagged, and ends with what is missing', () => {
    const text = consoleTable(table);
    expect(text.split('\n')[0]).toMatch(/^ +Food +C10 +Pets$/);
    expect(text).toMatch(/^r50_1x & co +– +9\d\.\d\* +9\d\.\d\*$/m);
    expect(text).toMatch(/^bad .*\d!$/m);
    expect(text).toMatch(/^paper: R50 1x supervised +72\.3 +93\.6 +91\.5$/m);
    expect(text).toContain('! missing: food101 (food101) is not here. fetch it\n');
    expect(text).toContain('! below-baseline: bad on pets: no better than pixels, 50 %\n');
  });
});

it('says what was chosen in few digits, each once', () => {
  expect(chosenText([{ l2: 10 ** 0.25 }, { l2: 10 ** 0.25 }, { l2: 100 }])).toBe('l2 1.778, 100');
  expect(chosenText([{ learningRate: 0.1, weightDecay: 0 }])).toBe('learningRate 0.1; weightDecay 0');
  expect(chosenText([{}])).toBe('');
});
