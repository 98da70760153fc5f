import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { readRun } from './run/run-record.ts';
import { dataDigest, readJson } from './run/task-folder.ts';
import { openToy } from './testing/made-up-results.ts';
import { copyPackages } from './testing/real-workspace.ts';
import { type ToyWorkspace, toyWorkspace } from './testing/toy-workspace.ts';
import { add, type Edit, edit, version, whatIsDue } from './testing/what-is-due.ts';

// What an edit of our own packages makes due. What a change of a pipeline does: changes.slow.test.ts.
const PIPELINE = `name: toy
config: configs/toy.json
stages:
  ingest: { run: '@simclr/ingest', params: [ingest] }
  augment: { run: '@simclr/augment', params: [augment], needs: [ingest] }
  pretrain: { run: '@simclr/pretrain', params: [pretrain], needs: [ingest, augment] }
  features: { run: '@simclr/features', params: [features], needs: [ingest, pretrain] }
  linear-eval: { run: '@simclr/linear-eval', params: [linearEval], needs: [features] }
  data: { run: '@simclr/ingest', params: [data], matrix: { datasets: { digits: [digits] } } }
  transfer: { run: '@simclr/transfer', params: [transfer], needs: [data, pretrain], each: data }
  report: { run: '@simclr/report', params: [report], needs: [augment, pretrain, linear-eval, transfer] }
`;
const CONFIG = {
  seed: 0,
  ingest: { datasets: ['fashion-mnist'] },
  augment: { policy: 'crop|flip' },
  pretrain: {},
  features: {},
  linearEval: { l2s: [1] },
  data: {},
  transfer: {},
  report: {},
};
const IDS = ['ingest', 'augment', 'pretrain', 'features', 'linear-eval', 'data@digits', 'transfer@digits', 'report'];

const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;
let { text, main, makeUp, planned, due, during } = {} as ReturnType<typeof whatIsDue>;

const LOSS = 'packages/nn/src/losses/nt-xent.ts';

// Nx hashes all targets of a project as one: where one is added, it asks for each, and DVC runs those that are due.
const ROWS: [name: string, edits: Edit[], due: string[], asked?: string[]][] = [
  ['the pickle reader', [add('packages/nn/src/checkpoints/pickle.ts', 'export const more = 1;\n')], []],
  ['the ONNX layout', [add('packages/tensorflow/src/onnx/layout.ts', 'export const more = 1;\n')], []],
  ['a double for tests', [add('packages/report/src/fake-inputs.ts', 'export const more = 1;\n')], []],
  ['a test', [add('packages/nn/src/losses/nt-xent.test.ts', 'expect(1).toBe(2);\n')], []],
  ['a comment', [edit(LOSS, /^\/\*\*/m, '/** Changed. */\n/**'), add(LOSS, '// changed\n')], []],
  [
    'a type',
    [edit(LOSS, 'temperature: number;', 'temperature: number | bigint;'), add(LOSS, 'export type More = 1;\n')],
    [],
  ],
  ['layout', [{ file: LOSS, change: (content) => content.replaceAll('\n', '\n\n').replaceAll("'", '"') }], []],
  [
    'an export of the package that no one here takes',
    [
      add('packages/nn/src/more.ts', 'export const more = 1;\n'),
      add('packages/nn/src/index.ts', "export { more } from './more.ts';\n"),
    ],
    [],
  ],
  [
    'what stages say before they run',
    ['pretrain/src', 'report/src', 'linear-eval/src', 'transfer/src/in-place'].map((folder) =>
      add(`packages/${folder}/plan.ts`, 'export const more = 1;\n'),
    ),
    [],
  ],
  // linear-eval has its features of the stage before; transfer extracts its own.
  [
    'a network',
    [add('packages/nn/src/resnet.ts', 'export const more = 1;\n')],
    ['pretrain', 'features', 'transfer@digits'],
  ],
  [
    'how images are brought to an encoder',
    [add('packages/evaluation/src/images.ts', 'export const more = 1;\n')],
    ['features', 'transfer@digits'],
  ],
  [
    'a protocol',
    [add('packages/evaluation/src/protocols/linear.ts', 'export const more = 1;\n')],
    ['linear-eval', 'transfer@digits'],
  ],
  ['a function that is reached', [edit(LOSS, 'total, 1e9', 'total, 1e8')], ['pretrain']],
  // Evaluations draw their curves for MLflow by it.
  ['what draws charts', [version('vega')], ['linear-eval', 'transfer@digits', 'report']],
  ['a dependency of a dependency', [version('flatbuffers')], IDS],
  ['a key of another stage', [edit('configs/toy.json', '"report": {}', '"report": { "title": "x" }')], ['report']],
  ['a λ', [edit('configs/toy.json', /"l2s": \[\s*1\s*\]/, '"l2s": [2]')], ['linear-eval']],
  [
    'a dataset that is added',
    [edit('pipelines/toy/pipeline.yaml', '{ digits: [digits] }', '{ digits: [digits], cars: [stl10] }')],
    ['data@cars', 'transfer@cars', 'report'],
    [...IDS.slice(0, 6), 'data@cars', 'transfer@digits', 'transfer@cars', 'report'],
  ],
];

const DUE = ROWS.filter(([, , ids]) => ids.length);
const NOTHING = ROWS.filter(([, , ids]) => !ids.length);

describe.runIf(installed)('what an edit makes due', { timeout: 600_000 }, () => {
  beforeAll(async () => {
    toy = toyWorkspace([], PIPELINE, CONFIG);
    copyPackages(toy.root);
    ({ text, main, makeUp, planned, due, during } = whatIsDue(toy));
    await makeUp();
  }, 600_000);
  afterAll(() => toy.remove());

  it('nothing is, once all was made; Nx did not know of it', async () => {
    expect(await due()).toEqual({ plan: [], nx: IDS, dvc: [] });
    expect(await due()).toEqual({ plan: [], nx: [], dvc: [] });
  });

  it.each(DUE)('%s', (_name, edits, ids, asked = ids) =>
    during(edits, async () => expect(await due()).toEqual({ plan: ids, nx: asked, dvc: ids })));

  it.each(NOTHING)('nothing: %s, says the plan', (_name, edits) =>
    during(edits, async () => expect(await planned()).toEqual([])));

  it('nothing: all of these at once, say Nx and DVC', () =>
    during(
      NOTHING.flatMap(([, edits]) => edits),
      async () => expect(await due()).toEqual({ plan: [], nx: [], dvc: [] }),
    ));

  it('a change of code that was accepted makes nothing due, and only that', async () => {
    const folder = (await openToy(toy.root)).folderOf('pretrain');
    const digest = dataDigest(folder);
    toy.write(LOSS, text(LOSS).replace('total, 1e9', 'total, 1e7'));
    const said = await main('accept', 'toy', 'pretrain', '--reason', 'as large as any');
    expect(said).toContain(`pretrain: accepted, its results count as made by the code of now: code of ${LOSS} changed`);
    // Nx asks once, for a key that is new to it; DVC has nothing to run.
    expect(await due()).toEqual({ plan: [], nx: ['pretrain'], dvc: [] });
    expect(await due()).toEqual({ plan: [], nx: [], dvc: [] });
    expect(readRun(folder.run)?.accepted).toEqual([
      {
        at: expect.any(String),
        by: expect.any(String),
        reason: 'as large as any',
        changes: [`code of ${LOSS} changed`],
      },
    ]);
    expect(readJson<{ digest: string }>(folder.receipt)?.digest).toBe(digest);
    toy.write(LOSS, text(LOSS).replace('total, 1e7', 'total, 1e6'));
    expect((await due()).dvc).toEqual(['pretrain']);
  });
});
