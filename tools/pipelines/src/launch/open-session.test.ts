import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { writeJson } from '@simclr/stage';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Pipeline } from '../definition/pipeline.ts';
import { openSession } from './open-session.ts';
import { type ProcessId, thisProcess } from './process-id.ts';
import { readSessions, removeSession, type Session, writeStatus } from './session.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'open-'));
  mkdirSync(join(root, 'pipelines/p'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const pipeline: Pipeline = { name: 'p', dir: 'pipelines/p', config: 'configs/p.json', stages: {} };
const said: string[] = [];
const open = (kind: Session['kind'] = 'run', where = root) =>
  openSession(where, pipeline, kind, (line) => said.push(line));
const gone: ProcessId = { ...thisProcess(), pid: 2 ** 22 + 1 };
const elsewhere: ProcessId = { ...thisProcess(), host: 'elsewhere' };
const description = (session: Session) => join(session.dir, 'session.json');
const own = (session: Session, owner: ProcessId) => writeJson(description(session), { ...session, owner });

it('keeps out a second run until the first is over', async () => {
  const first = await open();
  await expect(open()).rejects.toThrow(
    /^under way: a run of p, process \d+, since .*\. wait for it, or end it: kill -INT/,
  );
  await expect(open('task')).rejects.toThrow('under way: a run of p');
  removeSession(first);
  removeSession(await open());
});

it('lets tasks called by hand go on side by side, and no run with them', async () => {
  await open('task');
  await open('task');
  await expect(open()).rejects.toThrow('under way: a task, called by hand, of p');
});

it('of any number at the same moment, one is the first', async () => {
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => open()));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

it('is not held up by a killed run, nor by one of the folder that this is a copy of', async () => {
  own(await open(), gone);
  const copied = await open();
  const copy = `${root}-copy`;
  cpSync(root, copy, { recursive: true });
  removeSession(await open('run', copy));
  rmSync(copy, { recursive: true });
  expect(readdirSync(join(root, 'pipelines/p/out/.sessions'))).toEqual([basename(copied.dir)]);
});

it('is kept out by a run on another machine as long as that gives a sign of life', async () => {
  const session = await open();
  own(session, elsewhere);
  await expect(open()).rejects.toThrow('on elsewhere, since');
  const before = new Date(Date.now() - 6 * 60_000);
  utimesSync(description(session), before, before);
  expect((await open()).dir).not.toBe(session.dir);
});

it('waits for a stage of a killed run that is at work still', async () => {
  const killed = await open();
  own(killed, gone);
  const status = { id: 'a', key: 'k', started: 0, seconds: 0, resumed: false, job: thisProcess() };
  writeStatus(killed, { ...status, status: 'running' });
  setTimeout(() => writeStatus(killed, { ...status, status: 'interrupted' }), 300);
  await open();
  expect(said).toEqual([`waits for a of a run that was ended: it writes a checkpoint (process ${process.pid})`]);
  expect(readSessions(join(root, 'pipelines/p/out'))).toHaveLength(1);
});
