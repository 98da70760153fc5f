import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { type ToyWorkspace, toyWorkspace } from './testing/toy-workspace.ts';
import { add, type Edit, edit, version, whatIsDue } from './testing/what-is-due.ts';

/*
 * What a change of a pipeline makes due: 17 tasks, shaped like the transfer suite. Our plan is asked of every row, Nx and DVC of a
 * few, and with CHANGES=all of each.
 */
const YAML = 'pipelines/toy/pipeline.yaml';
const CONFIG = 'configs/toy.json';
const PIPELINE = `name: toy
config: configs/toy.json
stages:
  data: { run: '@toy/a', params: [data], matrix: { item: [p, q] } }
  pretrain: { run: '@toy/b', params: [pretrain], needs: [data@p], matrix: { any: [x, y, z] } }
  features: { run: '@toy/c', params: [features], needs: [pretrain], each: pretrain }
  transfer: { run: '@toy/d', params: [transfer], needs: [data, features], each: [data, features] }
  best: { run: '@toy/e', params: [best], needs: [transfer] }
  table: { run: '@toy/e', params: [table], needs: [best] }
  report: { run: '@toy/f', params: [report], needs: [best, table] }
`;
const SECTIONS = ['data', 'pretrain', 'features', 'transfer', 'best', 'table', 'report'];
const config = { seed: 0, ...Object.fromEntries(SECTIONS.map((name) => [name, { value: 1, steps: 0 }])) };

const DATA = ['data@p', 'data@q'];
const PRETRAIN = ['pretrain@x', 'pretrain@y', 'pretrain@z'];
const FEATURES = ['features@x', 'features@y', 'features@z'];
const TRANSFER = ['transfer@p-x', 'transfer@p-y', 'transfer@p-z', 'transfer@q-x', 'transfer@q-y', 'transfer@q-z'];
const ALL = [...DATA, ...PRETRAIN, ...FEATURES, ...TRANSFER, 'best', 'table', 'report'];

/** A change of a stage's section of the config. */
const key = (section: string, change: (value: Record<string, unknown>) => object): Edit => ({
  file: CONFIG,
  change: (content) => {
    const json = JSON.parse(content) as Record<string, Record<string, unknown>>;
    return `${JSON.stringify({ ...json, [section]: change(json[section]!) }, null, 2)}\n`;
  },
});
const value = (section: string, to = 2) => key(section, (before) => ({ ...before, value: to }));
const source = (letter: string) => `packages/${letter}/src/stage.ts`;
const code = (letter: string) => edit(source(letter), 'step + 1)', 'step + 2)');
const yaml = (from: string, to: string) => edit(YAML, from, to);

interface Row {
  what: string;
  edits: Edit[];
  due: string[];
  /** Whether Nx and DVC are asked without CHANGES=all. */
  asked?: boolean;
  /** Nx asks for more than is due: where tasks come or go, since it hashes all targets of a project as one. */
  structure?: boolean;
  /** What DVC lists, which compares as text what comes to the same; of others, what is due. */
  listed?: string[];
}
const ROWS: Row[] = [
  { what: 'the seed', edits: [edit(CONFIG, '"seed": 0', '"seed": 1')], due: ALL },
  { what: 'a key of data', edits: [value('data')], due: DATA },
  { what: 'a key of pretrain', edits: [value('pretrain')], due: PRETRAIN },
  { what: 'a key of features', edits: [value('features')], due: FEATURES },
  { what: 'a key of transfer', edits: [value('transfer')], due: TRANSFER, asked: true },
  { what: 'a key of best', edits: [value('best')], due: ['best'] },
  { what: 'a key of table', edits: [value('table')], due: ['table'] },
  { what: 'a key of report', edits: [value('report')], due: ['report'] },
  { what: 'a key that is new', edits: [key('report', (before) => ({ ...before, any: null }))], due: ['report'] },
  { what: 'a key that goes', edits: [key('table', ({ value }) => ({ value }))], due: ['table'] },
  // `dvc status` compares what is written; `dvc repro` then puts the result back (run/same-config.slow.test.ts).
  {
    what: 'a default that is left out',
    edits: [key('table', ({ steps }) => ({ steps }))],
    due: [],
    structure: true,
    listed: ['table'],
  },
  {
    what: '1 that becomes true',
    edits: [key('best', (before) => ({ ...before, value: true }))],
    due: ['best'],
  },
  { what: '1 that becomes "1"', edits: [key('best', (before) => ({ ...before, value: '1' }))], due: ['best'] },
  { what: 'keys of two stages', edits: [value('data', 3), value('report', 3)], due: [...DATA, 'report'] },
  {
    what: 'a dataset that is added',
    edits: [yaml('item: [p, q]', 'item: [p, q, r]')],
    due: ['data@r', 'transfer@r-x', 'transfer@r-y', 'transfer@r-z', 'best'],
    structure: true,
  },
  {
    what: 'a dataset that goes',
    edits: [yaml('item: [p, q]', 'item: [p]')],
    due: ['best'],
    asked: true,
    structure: true,
  },
  {
    what: 'a dataset of another name',
    edits: [yaml('item: [p, q]', 'item: [p, r]')],
    due: ['data@r', 'transfer@r-x', 'transfer@r-y', 'transfer@r-z', 'best'],
    structure: true,
  },
  {
    what: 'an encoder that is added',
    edits: [yaml('[x, y, z]', '[x, y, z, w]')],
    due: ['pretrain@w', 'features@w', 'transfer@p-w', 'transfer@q-w', 'best'],
    structure: true,
  },
  { what: 'an encoder that goes', edits: [yaml('[x, y, z]', '[x, z]')], due: ['best'], structure: true },
  {
    what: 'a value of the matrix under the same name',
    edits: [yaml('any: [x, y, z]', 'any: { x: x, y: { other: 1 }, z: z }')],
    due: ['pretrain@y'],
  },
  {
    what: 'a matrix that has its key changed',
    edits: [yaml('{ any: [x, y, z] }', '{ seed: { x: 1, y: 2, z: 3 } }')],
    due: [...PRETRAIN, ...FEATURES, ...TRANSFER, 'best'],
    structure: true,
  },
  {
    what: 'a need that is removed',
    edits: [yaml('needs: [best, table]', 'needs: [table]')],
    due: ['report'],
    asked: true,
  },
  { what: 'a need that is added', edits: [yaml('needs: [best] }', 'needs: [best, features] }')], due: ['table'] },
  { what: 'a need on another item', edits: [yaml('data@p', 'data@q')], due: PRETRAIN },
  { what: 'a need on another stage', edits: [yaml('needs: [best] }', 'needs: [features] }')], due: ['table'] },
  { what: 'a need on fewer items', edits: [yaml('needs: [transfer]', 'needs: [transfer@p-x]')], due: ['best'] },
  { what: 'another package', edits: [yaml("table: { run: '@toy/e'", "table: { run: '@toy/f'")], due: ['table'] },
  {
    what: 'another file behind the same export',
    edits: [
      edit('packages/f/package.json', './src/stage.ts', './src/other.ts'),
      {
        file: 'packages/f/src/other.ts',
        change: () => "import stage from './stage.ts';\nexport default { ...stage };\n",
      },
    ],
    due: ['report'],
  },
  {
    what: 'other sections of the config',
    edits: [
      yaml('params: [best]', 'params: [swap]'),
      yaml('params: [table]', 'params: [best]'),
      yaml('[swap]', '[table]'),
    ],
    due: ['best', 'table'],
  },
  {
    what: 'a stage of another name',
    edits: [yaml('  table: {', '  chart: {'), yaml('[best, table]', '[best, chart]')],
    due: ['chart', 'report'],
    structure: true,
  },
  {
    what: 'a stage that is added',
    edits: [add(YAML, "  more: { run: '@toy/f', params: [report], needs: [table] }\n")],
    due: ['more'],
    structure: true,
  },
  {
    what: 'a stage that goes',
    edits: [edit(YAML, /^ {2}report.*\n/m, ''), edit(CONFIG, /,\s*"report": \{[^}]*\}/, '')],
    due: [],
    structure: true,
  },
  { what: 'code of a', edits: [code('a')], due: DATA },
  { what: 'code of b', edits: [code('b')], due: PRETRAIN },
  { what: 'code of c', edits: [code('c')], due: FEATURES },
  { what: 'code of d', edits: [code('d')], due: TRANSFER },
  { what: 'code of e, which two stages run', edits: [code('e')], due: ['best', 'table'] },
  {
    what: 'a file that is imported',
    edits: [
      { file: 'packages/c/src/help.ts', change: () => 'export const help = 1;\n' },
      edit(source('c'), /^/, "import { help } from './help.ts';\nvoid help;\n"),
    ],
    due: FEATURES,
  },
  {
    what: 'nothing: layout of the config',
    edits: [{ file: CONFIG, change: (text) => JSON.stringify(JSON.parse(text)) }],
    due: [],
  },
  { what: 'nothing: order of keys', edits: [key('data', ({ value, steps }) => ({ steps, value }))], due: [] },
  // Nx takes the two for different and asks; the task finds its result.
  { what: '1.0 for 1', edits: [edit(CONFIG, '"value": 1', '"value": 1.0')], due: [], structure: true },
  { what: 'nothing: $schema', edits: [edit(CONFIG, '{', '{ "$schema": "./schemas/toy.json",')], due: [] },
  { what: 'nothing: a comment in pipeline.yaml', edits: [add(YAML, '# more\n')], due: [] },
  { what: 'nothing: resources', edits: [yaml('params: [best]', 'params: [best], resources: { cpu: 1 }')], due: [] },
  { what: 'nothing: retries', edits: [yaml('params: [table]', 'params: [table], retries: 2, timeout: 9')], due: [] },
  { what: 'nothing: a comment in code', edits: [add(source('a'), '// more\n')], due: [] },
  { what: 'nothing: a type', edits: [add(source('b'), 'export type More = 1;\n')], due: [] },
  { what: 'nothing: layout of code', edits: [edit(source('c'), /;\n/g, ';\n\n\n')], due: [] },
  { what: 'nothing: a test', edits: [{ file: 'packages/d/src/stage.test.ts', change: () => 'export {};\n' }], due: [] },
  { what: 'nothing: a README', edits: [{ file: 'packages/e/src/README.md', change: () => 'words\n' }], due: [] },
  {
    what: 'nothing: what an editor left',
    edits: [{ file: 'packages/e/src/.stage.ts.swp', change: () => 'x' }],
    due: [],
  },
  { what: 'nothing: what a merge left', edits: [{ file: 'packages/e/src/stage.ts.orig', change: () => 'x' }], due: [] },
  {
    what: 'nothing: words in package.json',
    edits: [edit('packages/a/package.json', '{', '{ "description": "words",')],
    due: [],
  },
  { what: 'nothing: a package of npm that no stage takes', edits: [version('vitest')], due: [] },
];

const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;
let { makeUp, planned, due, during } = {} as ReturnType<typeof whatIsDue>;

describe.runIf(installed)('what a change makes due', { timeout: 600_000 }, () => {
  beforeAll(async () => {
    toy = toyWorkspace(['a', 'b', 'c', 'd', 'e', 'f'], PIPELINE, config);
    ({ makeUp, planned, due, during } = whatIsDue(toy));
    await makeUp();
  }, 600_000);
  afterAll(() => toy.remove());

  it('of 17 tasks nothing is, once all was made', async () => {
    expect(await due()).toEqual({ plan: [], nx: ALL, dvc: [] }); // Nx did not know of it
    expect(await due()).toEqual({ plan: [], nx: [], dvc: [] });
  });

  it.each(ROWS)('$what', ({ edits, due: ids, asked, structure, listed = ids }) =>
    during(edits, async () => {
      expect(await planned()).toEqual(ids);
      if (!asked && process.env.CHANGES !== 'all') return;
      const { nx, dvc } = await due();
      expect(dvc).toEqual(listed);
      if (structure) expect(nx).toEqual(expect.arrayContaining(ids));
      else expect(nx).toEqual(ids);
    }));

  it('nothing: all of these at once, say Nx and DVC', () =>
    during(
      ROWS.filter(({ what }) => what.startsWith('nothing: ')).flatMap(({ edits }) => edits),
      async () => expect(await due()).toEqual({ plan: [], nx: [], dvc: [] }),
    ));
});
