import { existsSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal } from '@simclr/mlflow';
import { writeJson } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkspace } from '../definition/workspace.ts';
import { fingerprint } from '../inputs/task-inputs.ts';
import { launcher } from '../launch/launchers.ts';
import { thisProcess } from '../launch/process-id.ts';
import { createSession, writeStatus } from '../launch/session.ts';
import { makeUpResults, openToy } from '../testing/made-up-results.ts';
import { OFFLINE, outputOf, type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';
import { placesOf } from './graph.ts';
import { type PipelineStatus, readStatus } from './read-status.ts';
import { statusTable } from './table.ts';

const LONG = 'a-name-that-is-longer-than-anyone-would-give-to-an-item-of-theirs';
const IDS = ['running', 'failed', 'stopped', 'damaged', 'stale', 'fresh', 'elsewhere', `cached@${LONG}`];
const stage = (id: string) => `  ${id}: { run: '@toy/a', params: [${id}] }\n`;
const PIPELINE = `name: toy
config: configs/toy.json
stages:
${['running', 'failed', 'stopped', 'damaged', 'stale', 'fresh', 'elsewhere'].map(stage).join('')}
  cached: { run: '@toy/a', params: [cached], needs: [stale], matrix: { item: { ${LONG}: x } } }
`;
const CONFIG = {
  seed: 0,
  running: {},
  failed: {},
  stopped: {},
  damaged: {},
  stale: {},
  fresh: {},
  elsewhere: {},
  cached: {},
};

let toy: ToyWorkspace;
let found: PipelineStatus;
const simclr = (...args: string[]) =>
  outputOf(toy.start('env', [OFFLINE, 'NO_COLOR=1', 'node', 'tools/pipelines/src/main.ts', 'status', ...args]));

beforeAll(async () => {
  toy = toyWorkspace(['a'], PIPELINE, CONFIG);
  await makeUpResults(toy.root);
  toy.write('configs/toy.json', {
    ...CONFIG,
    failed: { value: 2 },
    stopped: { value: 2 },
    stale: { value: 2, steps: 3 },
  });
  const { pipeline, folderOf, inputsOf } = await openToy(toy.root);
  for (const [id, status] of [
    ['failed', 'FAILED'],
    ['stopped', 'KILLED'],
  ] as const) {
    const { journals, state } = folderOf(id);
    const journal = openJournal(join(journals, `new-${id}`), { key: `new-${id}`, experiment: 'toy', tags: {} });
    journal.metrics({ loss: 1 }, 0);
    if (status === 'FAILED') journal.tags({ error: 'Error: asked to fail\n    at run' });
    journal.end(status);
    writeJson(state, { fingerprint: fingerprint(inputsOf(id)), key: `new-${id}`, process: {} });
  }
  truncateSync(join(folderOf('damaged').data, 'toy.json'), 3);
  rmSync(folderOf('elsewhere').data, { recursive: true });
  rmSync(join(folderOf('fresh').data, '..'), { recursive: true });
  const session = createSession(join(toy.root, pipeline.dir, 'out'), 'run', {});
  const times = { started: Date.now() - 5000, seconds: 5, resumed: false };
  writeStatus(session, { id: 'running', job: launcher.own(), key: 'now', status: 'running', ...times });
  // Of a process that is gone.
  const gone = { ...launcher.own(), pid: 2 ** 22 - 1 };
  writeStatus(session, { id: 'stale', job: gone, key: 'gone', status: 'running', ...times });
  expect(thisProcess().pid).toBe(process.pid);
  found = await readStatus(openWorkspace(toy.root), 'toy');
});
afterAll(() => toy.remove());

describe('status', () => {
  it('tells each state, and why', () => {
    expect(found.tasks.map(({ id, state, why }) => [id, state, why])).toEqual([
      ['running', 'running', []],
      ['failed', 'failed', ['Error: asked to fail']],
      ['stopped', 'interrupted', ['goes on where it was stopped']],
      ['damaged', 'damaged', ['data damaged: toy.json has 3 bytes, not 24']],
      ['stale', 'stale', ['config stale.value changed: unset → 2', 'config stale.steps changed: unset → 3']],
      ['fresh', 'never run', []],
      ['elsewhere', 'missing', ['its data are not in place: a run brings them back']],
      [IDS.at(-1), 'stale', ['follows stale']],
    ]);
    const [running, failed] = found.tasks;
    expect(running).toMatchObject({ key: 'now', bytes: 24 });
    expect(running!.seconds).toBeGreaterThanOrEqual(5);
    expect(failed).toMatchObject({ key: 'new-failed', seconds: 75, mlflow: null });
  });

  it('is a table of at most 100 columns, or JSON, or a page; starts nothing', async () => {
    const table = await simclr('toy');
    const lines = table.trimEnd().split('\n');
    expect(lines.length).toBe(1 + IDS.length);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines[4]).toMatch(/^damaged +damaged +\d+(\.\d)? s +75 s +24 B {2}data damaged/);
    expect(lines[5]).toMatch(/^stale +stale .* config stale.value changed/);
    const json = JSON.parse(await simclr('toy', '--json')) as PipelineStatus;
    expect(json.tasks.map(({ id }) => id)).toEqual(IDS);

    const file = join(toy.root, 'status.html');
    await simclr('toy', '--page', file);
    const page = readFileSync(file, 'utf8');
    for (const id of IDS) expect(page).toContain(id);
    expect(page).not.toMatch(/<(?:link|script|img)\b|https?:\/\/(?!www\.w3\.org)/);
    expect(existsSync(join(toy.root, '.nx'))).toBe(false);
  });

  it('of all pipelines, a mistake in one keeps no other back', async () => {
    toy.write('pipelines/broken/pipeline.yaml', 'name: other\n');
    toy.write('pipelines/new/pipeline.yaml', PIPELINE.replace('name: toy', 'name: new'));
    const child = toy.start('env', [OFFLINE, 'node', 'tools/pipelines/src/main.ts', 'status']);
    await child.ended;
    expect(child.code).toBe(1);
    expect(child.output).toMatch(/^toy +state/m);
    expect(child.output).toContain('never run: new\n');
    expect(child.output).toMatch(/^.*correct pipelines\/broken\/pipeline.yaml$/m);
  });

  it('links tasks to MLflow on a terminal, in no more columns', () => {
    const [first] = found.tasks;
    const linked = { ...found, tasks: [{ ...first!, mlflow: 'http://127.0.0.1:1/#/runs/2' }] };
    const text = statusTable(linked, Date.now(), true);
    expect(text).toContain('\u001b]8;;http://127.0.0.1:1/#/runs/2\u001b\\running');
    expect(statusTable(linked, Date.now(), false)).not.toContain('\u001b');
  });
});

it('places each task right of what it needs', () => {
  const tasks = found.tasks
    .slice(0, 3)
    .map((task, i) => ({ ...task, needs: found.tasks.slice(0, i).map(({ id }) => id) }));
  expect([...placesOf(tasks).values()].map(({ column }) => column)).toEqual([0, 1, 2]);
  expect(placesOf([]).size).toBe(0);
});
