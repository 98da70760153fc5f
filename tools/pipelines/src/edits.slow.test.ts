import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfigFile } from './definition/config-file.ts';
import { loadPipeline } from './definition/pipeline.ts';
import { expand } from './definition/tasks.ts';
import { findRoot, openWorkspace } from './definition/workspace.ts';
import { lockEntry } from './dvc/dvc.ts';
import { syncDvcYaml } from './dvc/dvc-yaml.ts';
import { taskInputs } from './inputs/task-inputs.ts';
import { planTasks } from './run/plan.ts';
import { type RunRecord, readRun } from './run/run-record.ts';
import { readJson, taskFolder } from './run/task-folder.ts';
import { copyPackages } from './testing/real-workspace.ts';
import { OFFLINE, outputOf, type ToyWorkspace, toyWorkspace } from './testing/toy-workspace.ts';

/*
 * What an edit makes due, as our plan, Nx and DVC see it: our packages, the real Nx and DVC. Results are made up, and Nx is
 * given a command that only notes which task it was called for, so that nothing is trained.
 */
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
const STUB = `import { appendFileSync } from 'node:fs';
const [command, , id] = process.argv.slice(2);
if (command === 'task') appendFileSync(import.meta.dirname + '/asked', id + '\\n');
else await import('./whole.ts');
`;

const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;

function call(command: string, args: string[], folder = ''): Promise<string> {
  const env = ['NX_DAEMON=false', 'NX_ISOLATE_PLUGINS=false', OFFLINE];
  return outputOf(toy.start('env', [...env, command, ...args], folder));
}
const main = (...args: string[]) => call('node', ['tools/pipelines/src/main.ts', ...args]);

const at = (path: string) => join(toy.root, path);
const text = (path: string) => readFileSync(at(path), 'utf8');
const digestOf = (id: string) => createHash('sha256').update(id).digest('hex');

function open() {
  const workspace = openWorkspace(toy.root);
  const pipeline = loadPipeline(workspace, 'toy');
  return { workspace, pipeline, tasks: expand(pipeline), config: loadConfigFile(toy.root, pipeline) };
}

/** Results of every task, as if they had been made from all as it is now. */
async function makeUpResults(): Promise<void> {
  const { workspace, tasks, config } = open();
  for (const task of tasks) {
    const folder = taskFolder(toy.root, task);
    const inputs = taskInputs(workspace, config, task, digestOf);
    writeJson(join(folder.data, 'manifest.json'), { digest: digestOf(task.id), files: [] });
    writeJson(folder.metrics, {});
    writeJson(folder.run, { key: task.id, stage: task.id, pipeline: 'toy', inputs, metrics: {} } satisfies RunRecord);
    writeJson(folder.receipt, { digest: digestOf(task.id) });
  }
  await main('sync');
  await main('own-data', 'toy');
  await call('dvc', ['commit', '--force'], 'pipelines/toy');
  for (const task of tasks) writeJson(taskFolder(toy.root, task).lock, lockEntry(at('pipelines/toy'), task.id));
}

/** Tasks that are due in themselves, not since others are, as our plan says. */
function planned(): string[] {
  const { workspace, tasks, config } = open();
  return planTasks(workspace, config, tasks)
    .filter(({ reasons }) => reasons.some((reason) => !reason.startsWith('follows')))
    .map(({ task }) => task.id);
}

/** The same as the plan says, Nx, and DVC by hand. */
async function due(): Promise<{ plan: string[]; nx: string[]; dvc: string[] }> {
  const { workspace, tasks } = open();
  const asked = 'tools/pipelines/src/asked';
  rmSync(at(asked), { force: true });
  await call('nx', ['run-many', '--projects', 'toy', '--targets', tasks.map(({ id }) => id).join(',')]);
  const nx = existsSync(at(asked)) ? text(asked).trim().split('\n') : [];
  // What `dvc repro` does first, of all that it would do.
  await syncDvcYaml(workspace, 'toy');
  await main('own-data', 'toy');
  const status = JSON.parse(await call('dvc', ['status', '--json'], 'pipelines/toy')) as Record<string, unknown>;
  const dvc = Object.keys(status).filter((id) => id !== 'own-data');
  const order = (ids: string[]) => tasks.map(({ id }) => id).filter((id) => ids.includes(id));
  return { plan: planned(), nx: order(nx), dvc: order(dvc) };
}

/** An edit of a file, which is undone after it was looked at. */
interface Edit {
  file: string;
  change: (content: string) => string;
}
const edit = (file: string, from: string | RegExp, to: string): Edit => ({
  file,
  change: (content) => {
    expect(content).toMatch(from);
    return content.replace(from, to);
  },
});
const add = (file: string, more: string): Edit => ({ file, change: (content) => `${content}${more}` });
const version = (name: string): Edit =>
  edit('package-lock.json', new RegExp(`("node_modules/${name}": \\{\\s*"version": )"[^"]+"`), '$1"0.0.1"');

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

/** Looks while the files are edited. */
async function during(edits: Edit[], look: () => void | Promise<void>): Promise<void> {
  const before = edits.map(({ file }) => [file, existsSync(at(file)) ? text(file) : ''] as const);
  for (const { file, change } of edits) toy.write(file, change(existsSync(at(file)) ? text(file) : ''));
  try {
    await look();
  } finally {
    for (const [file, content] of before) toy.write(file, content);
  }
}

describe.runIf(installed)('what an edit makes due', { timeout: 600_000 }, () => {
  beforeAll(async () => {
    toy = toyWorkspace([], PIPELINE, CONFIG);
    copyPackages(toy.root);
    renameSync(at('tools/pipelines/src/main.ts'), at('tools/pipelines/src/whole.ts'));
    toy.write('tools/pipelines/src/main.ts', STUB);
    await makeUpResults();
  }, 600_000);
  afterAll(() => toy.remove());

  it('nothing is, once all was made; Nx did not know of it', async () => {
    expect(await due()).toEqual({ plan: [], nx: IDS, dvc: [] });
    expect(await due()).toEqual({ plan: [], nx: [], dvc: [] });
  });

  it.each(DUE)('%s', (_name, edits, ids, asked = ids) =>
    during(edits, async () => expect(await due()).toEqual({ plan: ids, nx: asked, dvc: ids })));

  it.each(NOTHING)('nothing: %s, says the plan', (_name, edits) => during(edits, () => expect(planned()).toEqual([])));

  it('nothing: all of these at once, say Nx and DVC', () =>
    during(
      NOTHING.flatMap(([, edits]) => edits),
      async () => expect(await due()).toEqual({ plan: [], nx: [], dvc: [] }),
    ));

  it('a change of code that was accepted makes nothing due, and only that', async () => {
    const task = open().tasks.find(({ id }) => id === 'pretrain')!;
    const folder = taskFolder(toy.root, task);
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
    expect(readJson<{ digest: string }>(folder.receipt)?.digest).toBe(digestOf('pretrain'));
    toy.write(LOSS, text(LOSS).replace('total, 1e7', 'total, 1e6'));
    expect((await due()).dvc).toEqual(['pretrain']);
  });
});
