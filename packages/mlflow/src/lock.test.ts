import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeServer } from './fake-server.ts';
import { openJournal } from './journal.ts';
import { acquireLock } from './lock.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lock-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const path = () => join(dir, 'x.lock');

describe('acquireLock', () => {
  it('has one holder at a time, also within a process', async () => {
    const lock = await acquireLock(path());
    expect(await acquireLock(path())).toBeUndefined();
    lock!.refresh();
    lock!.release();
    expect(existsSync(path())).toBe(false);
    expect(await acquireLock(path())).toBeDefined();
  });

  it('takes over from a dead process, from another one with its pid, and from a machine that is gone', async () => {
    const dead = spawn(process.execPath, ['-e', '']);
    await once(dead, 'exit');
    await (await acquireLock(path()))!.refresh();
    const mine = JSON.parse(readFileSync(path(), 'utf8')) as Record<string, unknown>;
    const hold = (change: object, ageMs = 0) => {
      writeFileSync(path(), JSON.stringify({ ...mine, token: 'other', ...change }));
      utimesSync(path(), new Date(), new Date(Date.now() - ageMs));
    };
    for (const [change, ageMs] of [
      [{ pid: dead.pid }, 0],
      [{ start: '1' }, 0],
      [{ host: 'elsewhere' }, 11 * 60_000],
    ] as const) {
      hold(change, ageMs);
      const lock = await acquireLock(path());
      expect(lock, JSON.stringify(change)).toBeDefined();
      lock!.release();
    }
    hold({ host: 'elsewhere' }, 60_000);
    expect(await acquireLock(path())).toBeUndefined();
    hold({ pid: process.ppid, start: undefined });
    expect(await acquireLock(path())).toBeUndefined();
  });

  it.each<[string, () => void]>([
    ['rubbish', () => writeFileSync(path(), 'rubbish')],
    ['empty', () => writeFileSync(path(), '')],
    ['other JSON', () => writeFileSync(path(), '{}')],
    ['null', () => writeFileSync(path(), 'null')],
    ['a folder', () => mkdirSync(join(path(), 'in it'), { recursive: true })],
    ['a link that leads nowhere', () => symlinkSync(join(dir, 'nowhere'), path())],
  ])('takes the place of what is no lock, once it is some seconds old: %s', async (_what, make) => {
    make();
    expect(await acquireLock(path())).toBeUndefined();
    lutimesSync(path(), 0, 0);
    (await acquireLock(path()))!.release();
    expect(existsSync(path())).toBe(false);
  });

  it('gives a dead lock to one of many', async () => {
    writeFileSync(path(), JSON.stringify({ pid: 2 ** 30, host: '?', start: '1', token: 'x' }));
    utimesSync(path(), 0, 0);
    const locks = await Promise.all(Array.from({ length: 20 }, () => acquireLock(path())));
    expect(locks.filter((lock) => lock !== undefined)).toHaveLength(1);
  });

  it('notices that it was lost', async () => {
    const lock = await acquireLock(path());
    writeFileSync(path(), JSON.stringify({ pid: 7, host: 'elsewhere', token: 'other' }));
    expect(() => lock!.refresh()).toThrow(`lost the lock: ${path()} was taken by process 7`);
    lock!.release();
    expect(existsSync(path())).toBe(true);
  });
});

describe('several processes that send one journal', () => {
  it('make one run and repeat no point', async () => {
    const server = await startFakeServer();
    const journal = openJournal(dir, { key: 'k', experiment: 'e', runName: 'r', tags: {} });
    for (let step = 0; step < 5000; step++) journal.metrics({ loss: step }, step);
    const program = `
      import { createClient, sendJournal } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
      const client = createClient({ trackingUri: ${JSON.stringify(server.uri)}, env: {} });
      while ((await sendJournal(${JSON.stringify(dir)}, client)).remaining > 0) await new Promise((r) => setTimeout(r, 5));`;
    const start = (): ChildProcess =>
      spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    // One of them is killed on the way and leaves its lock behind.
    const victim = start();
    while (server.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    victim.kill('SIGKILL');
    const codes = await Promise.all(Array.from({ length: 3 }, async () => (await once(start(), 'exit'))[0] as number));
    expect(codes).toEqual([0, 0, 0]);
    expect(server.runs.size).toBe(1);
    expect([...server.runs.values()][0]!.points.size).toBe(5000);
    await server.close();
  });
});
