import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Run } from '../definition/run.ts';
import type { Task } from '../definition/tasks.ts';
import type { Package } from '../definition/workspace.ts';
import { jobFolder, readJob } from '../launch/job-folder.ts';
import type { Batch, Scheduler } from '../launch/launcher.ts';
import { createSession, removeSession, requestStop, type Session } from '../launch/session.ts';
import { dueTogether, type Planned } from './plan.ts';
import { goAlone, isOver, nameGroups, submitTogether } from './submit-together.ts';

let root: string;
let session: Session;
let batches: Batch[];
const out = () => join(root, 'pipelines/p/out');
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'together-'));
  mkdirSync(out(), { recursive: true });
  session = createSession(out(), 'run', {});
  batches = [];
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const scheduler = {
  async submit(batch: Batch) {
    batches.push(batch);
    return batch.commands.map((_, i) => ({ scheduler: 'slurm', id: `${batches.length}_${i}` }));
  },
} as unknown as Scheduler;
const refusing = { submit: () => Promise.reject(new Error('slurm: no')) } as unknown as Scheduler;
const packages = new Map([['@toy/a', { dir: 'packages/a' } as Package]]);
const spec = { run: '@toy/a', resources: { cpu: 2 } };
const task = (id: string) => ({ id, stage: id.split('@')[0], spec }) as Task;
const submit = (id: string, by = scheduler) => {
  const run = { workspace: { root, packages }, pipeline: { name: 'p', dir: 'pipelines/p' } } as Run;
  return submitTogether(by, run, task(id), session, { fingerprint: `of ${id}`, forced: false });
};
/** The tasks of each batch. */
const submitted = () => batches.map(({ commands }) => commands.map(({ args }) => args.at(-1)));
const IDS = ['b@x', 'b@y', 'b@z'];

it('items that are due together are one batch, in whatever order they come', async () => {
  nameGroups(session, [IDS], 8);
  const jobs = await Promise.all(IDS.toReversed().map((id) => submit(id)));
  expect(submitted()).toEqual([IDS]);
  expect(jobs.map((job) => job!.job.id)).toEqual(['1_2', '1_1', '1_0']);
  const [{ name, resources, log }] = batches as [Batch];
  expect([name, resources]).toEqual([expect.stringMatching(/^p\.b\.[0-9a-f]{6}$/), { cpu: 2 }]);
  expect(readJob(jobFolder(out(), 'b@y'))).toEqual({
    ...{ name, index: 1, log: `${log}.1.txt`, fingerprint: 'of b@y', forced: false },
    job: { scheduler: 'slurm', id: '1_1' },
  });
});

it('those that need no job are not waited for, and who comes again is alone', async () => {
  nameGroups(session, [IDS, ['c', 'd']], 8);
  goAlone(session, 'b@y');
  await Promise.all([submit('b@x'), submit('b@z')]);
  expect(submitted()).toEqual([['b@x', 'b@z']]);
  rmSync(jobFolder(out(), 'b@x'), { recursive: true });
  await Promise.all([submit('b@x'), submit('a')]);
  expect(submitted().slice(1).sort()).toEqual([['a'], ['b@x']]);
});

it('no more are waited for than can come at once, nor, for long, one that does not come', async () => {
  nameGroups(session, [IDS, ['c@x', 'c@y']], 2);
  await Promise.all([submit('b@x'), submit('b@y')]);
  expect(submitted()).toEqual([['b@x', 'b@y']]);
  const alone = submit('c@y');
  const came = join(session.dir, 'together/c@x/came');
  while (!readdirSync(came).length) await sleep(10);
  expect(batches).toHaveLength(1);
  const { now } = Date;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 16_000);
  await alone;
  expect(submitted()[1]).toEqual(['c@y']);
});

it('where they are refused each is told, and where the run was stopped none is submitted', async () => {
  nameGroups(session, [IDS, ['c@x', 'c@y']], 8);
  const all = await Promise.allSettled(IDS.map((id) => submit(id, refusing)));
  expect(all.map((one) => one.status === 'rejected' && one.reason.message)).toEqual(IDS.map(() => 'slurm: no'));
  const waiting = submit('c@x');
  requestStop(session);
  expect([await waiting, batches]).toEqual([undefined, []]);
});

it('a run is over where it was stopped, and where its session is gone', () => {
  expect(isOver(session)).toBe(false);
  requestStop(session);
  expect(isOver(session)).toBe(true);
  const other = createSession(out(), 'run', {});
  removeSession(other);
  expect(isOver(other)).toBe(true);
});

it('items are due together where they wait for the same', () => {
  const planned = (id: string, needs: string[], due = true) =>
    ({ task: { ...task(id), needs: needs.map((need) => ({ id: need })) }, reasons: due ? ['why'] : [] }) as Planned;
  const items = [planned('b@x', ['a', 'old@x']), planned('b@y', ['a', 'old@y']), planned('b@z', ['a'], false)];
  const followers = [planned('c@x', ['b@x']), planned('c@y', ['b@y'])];
  const plan = [planned('a', []), planned('old@x', [], false), ...items, ...followers];
  expect(dueTogether(plan)).toEqual([['b@x', 'b@y']]);
});
