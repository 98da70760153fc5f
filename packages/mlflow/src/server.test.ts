import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { groupAlive, processAlive } from './processes.ts';
import { waitReady } from './ready.ts';
import { ensureServer, findServer, stopServer } from './server.ts';

/** Behaves like `mlflow server`: a process of its own listens at --port, after a moment, in the same process group. */
const STAND_IN = `
const { spawn } = require('node:child_process');
const port = process.argv[process.argv.indexOf('--port') + 1];
require('node:fs').writeFileSync('environment.json', JSON.stringify({ args: process.argv.slice(2), env: process.env }));
if (process.env.STAND_IN === 'fails') process.exit(1);
const listen = "require('node:http').createServer((q, s) => s.end('{}')).listen(" + port + ", '127.0.0.1')";
const quiet = "setInterval(() => {}, 1000); process.on('SIGTERM', () => {})";
spawn(process.execPath, ['-e', process.env.STAND_IN === 'hangs' ? quiet : 'setTimeout(() => {' + listen + '}, 300)', 'mlflow', '--port', port]);
`;

let root: string;
let dir: string;
let bin: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'server-')));
  dir = join(root, 'with space');
  bin = join(root, 'mlflow');
  writeFileSync(`${bin}.cjs`, STAND_IN);
  // Not after `#!`: the path to node may have spaces.
  writeFileSync(bin, `#!/bin/sh\nexec '${process.execPath}' '${bin}.cjs' "$@"\n`);
  chmodSync(bin, 0o755);
});
afterEach(async () => {
  delete process.env.STAND_IN;
  await stopServer(dir);
  rmSync(root, { recursive: true });
});

const at = (trackingUri: string) => createClient({ trackingUri, env: {} });
const record = (of = dir) => JSON.parse(readFileSync(join(of, 'server.json'), 'utf8')) as Record<string, unknown>;

describe('ensureServer', () => {
  it('starts one, returns at once, and finds it again while it starts and when it runs', async () => {
    const first = await ensureServer({ dir, bin });
    expect(first).toMatchObject({ started: true, uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
    expect(await ensureServer({ dir, bin })).toEqual({ ...first, started: false });
    await waitReady(at(first.uri), { timeoutMs: 10_000, server: first });
    expect(await ensureServer({ dir, bin })).toEqual({ ...first, started: false });
    expect(record()).toEqual({
      pid: first.pid,
      dir,
      port: Number(new URL(first.uri).port),
      uri: first.uri,
      startedAt: expect.any(Number),
    });
  });

  it('starts one when many ask at once', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => ensureServer({ dir, bin })));
    expect(new Set(all.map(({ pid }) => pid)).size).toBe(1);
    expect(all.filter(({ started }) => started)).toHaveLength(1);
  });

  it('keeps it to this machine and this user, with a clean environment', async () => {
    process.env.MLFLOW_TRACKING_URI = 'http://elsewhere';
    const { uri } = await ensureServer({ dir, bin });
    delete process.env.MLFLOW_TRACKING_URI;
    await waitReady(at(uri), { timeoutMs: 10_000 });
    const { args, env } = JSON.parse(readFileSync(join(dir, 'environment.json'), 'utf8')) as {
      args: string[];
      env: Record<string, string>;
    };
    expect(args.join(' ')).toContain('--host 127.0.0.1');
    expect(env).toMatchObject({
      MLFLOW_BACKEND_STORE_URI: `sqlite:///${dir}/mlflow.db`,
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      MLFLOW_DISABLE_TELEMETRY: 'true',
    });
    expect(env).not.toHaveProperty('MLFLOW_TRACKING_URI');
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, 'server.json')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'server.log')).mode & 0o777).toBe(0o600);
  });

  it('stops it with its children and starts the next one at the same address', async () => {
    const first = await ensureServer({ dir, bin });
    await waitReady(at(first.uri), { timeoutMs: 10_000 });
    expect(await stopServer(dir)).toBe(true);
    expect([processAlive(first.pid), groupAlive(first.pid)]).toEqual([false, false]);
    expect(await stopServer(dir)).toBe(false);
    expect(await ensureServer({ dir, bin })).toMatchObject({ uri: first.uri, started: true });
  });

  it('finds and stops a worker whose parent was killed', async () => {
    const first = await ensureServer({ dir, bin });
    await waitReady(at(first.uri), { timeoutMs: 10_000 });
    process.kill(first.pid, 'SIGKILL');
    while (processAlive(first.pid)) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await ensureServer({ dir, bin })).toEqual({ ...first, started: false });
    expect(await stopServer(dir)).toBe(true);
    expect(groupAlive(first.pid)).toBe(false);
  });

  it('is not deceived by a pid that now is another process', async () => {
    mkdirSync(dir);
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { detached: true });
    const stale = { pid: other.pid, port: 4, uri: 'http://127.0.0.1:4', startedAt: Date.now() };
    writeFileSync(join(dir, 'server.json'), JSON.stringify(stale));
    expect(await stopServer(dir)).toBe(false);
    writeFileSync(join(dir, 'server.json'), JSON.stringify(stale));
    expect(await ensureServer({ dir, bin })).toMatchObject({ started: true });
    expect(processAlive(other.pid!)).toBe(true);
    other.kill();
  });

  it('gives a copied folder a server of its own, and never stops the first one’s', async () => {
    const first = await ensureServer({ dir, bin });
    const copy = join(root, 'copy');
    cpSync(dir, copy, { recursive: true });
    expect(findServer(dir)).toEqual({ ...first, started: false });
    expect(findServer(copy)).toBeUndefined();
    expect(await stopServer(copy)).toBe(false);
    expect(groupAlive(first.pid)).toBe(true);
    const second = await ensureServer({ dir: copy, bin });
    expect(second).toMatchObject({ started: true });
    expect([second.pid, second.uri]).not.toEqual([first.pid, first.uri]);
    expect(await stopServer(copy)).toBe(true);
    expect([groupAlive(first.pid), groupAlive(second.pid)]).toEqual([true, false]);
    expect(await ensureServer({ dir, bin })).toEqual({ ...first, started: false });
  });

  it('gives a copy another address too while the first one’s server is away', async () => {
    const first = await ensureServer({ dir, bin });
    await stopServer(dir);
    const copy = join(root, 'copy');
    cpSync(dir, copy, { recursive: true });
    const second = await ensureServer({ dir: copy, bin });
    expect(second.uri).not.toBe(first.uri);
    await stopServer(copy);
  });

  it('starts the server of a folder anew that was moved; through a link it is the same folder', async () => {
    const first = await ensureServer({ dir, bin });
    const link = join(root, 'link');
    symlinkSync(dir, link);
    expect(await ensureServer({ dir: link, bin })).toMatchObject({ pid: first.pid, started: false });
    const moved = join(root, 'moved');
    renameSync(dir, moved);
    expect(findServer(moved)).toBeUndefined();
    const second = await ensureServer({ dir: moved, bin });
    expect(second).toMatchObject({ started: true });
    expect(groupAlive(first.pid)).toBe(false);
    expect(record(moved)).toMatchObject({ dir: moved });
    expect(await stopServer(moved)).toBe(true);
  });

  it('replaces one that has hung for minutes', async () => {
    process.env.STAND_IN = 'hangs';
    const hung = await ensureServer({ dir, bin });
    expect(await ensureServer({ dir, bin })).toEqual({ ...hung, started: false });
    writeFileSync(join(dir, 'server.json'), JSON.stringify({ ...record(), startedAt: Date.now() - 200_000 }));
    process.env.STAND_IN = '';
    const next = await ensureServer({ dir, bin });
    expect(next).toMatchObject({ started: true, uri: hung.uri });
    expect(groupAlive(hung.pid)).toBe(false);
  }, 30_000);

  it('says in one line what is wrong', async () => {
    await expect(ensureServer({ dir, bin: join(root, 'none') })).rejects.toThrow(
      /^mlflow is not installed: .*none is missing/,
    );
    process.env.STAND_IN = 'fails';
    const server = await ensureServer({ dir, bin });
    await expect(waitReady(at(server.uri), { timeoutMs: 10_000, server })).rejects.toThrow(
      `mlflow did not start: ${server.uri}. ${join(dir, 'server.log')} says why`,
    );
    await expect(waitReady(at(server.uri), { timeoutMs: 300 })).rejects.toThrow(
      `mlflow does not answer: ${server.uri} after 0.3 s`,
    );
  });
});
