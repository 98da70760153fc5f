import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, ensureServer, findServer, stopServer, waitReady } from '@simclr/mlflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from '../definition/workspace.ts';
import { readRun } from '../run/run-record.ts';
import type { PipelineStatus } from '../status/read-status.ts';
import { outputOf, type Started, startIn, type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';
import { serverFolder } from '../tracking/mlflow-server.ts';

/* Two checkouts, each a clone of one repository, and a remote: the real git, Nx, DVC and MLflow, toy stages. */
const PIPELINE = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
  b: { run: '@toy/b', params: [b], needs: [a], matrix: { value: [1, 2] } }
  c: { run: '@toy/a', params: [c], needs: [b] }
`;
const IDS = ['a', 'b@1', 'b@2', 'c'];
// Links to ours.
const EXCLUDED = 'node_modules\n.venv\n';
const ours = findRoot(import.meta.dirname);
const installed = existsSync(join(ours, '.venv/bin/dvc'));
const python = join(ours, '.venv/bin/python');
const hasS3 = spawnSync(python, ['-c', 'import dvc_s3, moto.server']).status === 0;
if (installed && !hasS3)
  console.warn(
    "sharing.slow.test.ts: a folder is the remote. for one of S3: .venv/bin/pip install 'dvc[s3]' 'moto[server]'",
  );

let toy: ToyWorkspace;
let second: string;
let remote: { args: string[][]; env: string[]; stop(): void };
let mlflow: string;
const folders: string[] = [];

const call = (root: string, command: string, args: string[], folder = ''): Started =>
  startIn(ours, root, join(root, folder), 'env', [`MLFLOW_TRACKING_URI=${mlflow}`, ...remote.env, command, ...args]);
const simclr = (root: string, ...args: string[]) =>
  outputOf(call(root, 'node', ['tools/pipelines/src/main.ts', ...args]));
const dvc = (root: string, ...args: string[]) => outputOf(call(root, 'dvc', args, 'pipelines/toy'));
const git = (root: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], { cwd: root, encoding: 'utf8' });
const keyOf = (root: string, id: string) =>
  readRun(join(root, `pipelines/toy/out/${id.replace('@', '/')}/run.json`))!.key;
const states = async (root: string) =>
  (JSON.parse(await simclr(root, 'status', 'toy', '--json')) as PipelineStatus).tasks.map(({ state }) => state);
const dataIn = (root: string, id: string) => join(root, `pipelines/toy/out/${id.replace('@', '/')}/data/toy.json`);
const dataOf = (root: string, id: string) => readFileSync(dataIn(root, id), 'utf8');
/** Those whose data are in place. */
const withData = (root: string) => IDS.filter((id) => existsSync(dataIn(root, id)));
const temporary = (name: string) => {
  const folder = mkdtempSync(join(tmpdir(), name));
  folders.push(folder);
  return folder;
};

/** A checkout elsewhere: what git has, and the tools that a set-up would bring. */
function clone(): string {
  const folder = join(temporary('clone-'), 'checkout');
  git(tmpdir(), 'clone', '--quiet', toy.root, folder);
  writeFileSync(join(folder, '.git/info/exclude'), EXCLUDED);
  for (const shared of ['node_modules', '.venv', 'tools/pipelines/node_modules'])
    if (existsSync(join(ours, shared))) symlinkSync(join(ours, shared), join(folder, shared));
  return folder;
}

/** A server that speaks S3 on this machine, or a folder where what that needs is not installed. */
async function openRemote(): Promise<typeof remote> {
  if (!hasS3) return { args: [['add', '-d', 'shared', temporary('remote-')]], env: [], stop: () => {} };
  const port = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
  const uri = `http://127.0.0.1:${port}`;
  const moto = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const made = () =>
    fetch(`${uri}/results`, { method: 'PUT' }).then(
      ({ ok }) => ok,
      () => false,
    );
  for (const deadline = Date.now() + 60_000; !(await made()); ) {
    if (Date.now() > deadline) throw new Error('moto does not answer');
    await sleep(200);
  }
  return {
    args: [
      ['add', '-d', 'shared', 's3://results/toy'],
      ['modify', 'shared', 'endpointurl', uri],
    ],
    env: ['AWS_ACCESS_KEY_ID=test', 'AWS_SECRET_ACCESS_KEY=test', 'AWS_DEFAULT_REGION=us-east-1'],
    stop: () => void moto.kill('SIGKILL'),
  };
}

describe.runIf(installed)(
  `two checkouts and ${hasS3 ? 'a remote of S3' : 'a folder as remote'}`,
  { timeout: 400_000 },
  () => {
    beforeAll(async () => {
      toy = toyWorkspace(['a', 'b'], PIPELINE, { seed: 0, a: {}, b: {}, c: { value: 3 } });
      toy.write('.git/info/exclude', EXCLUDED);
      remote = await openRemote();
      mlflow = (await ensureServer({ dir: serverFolder(toy.root), bin: join(ours, '.venv/bin/mlflow'), stores: {} }))
        .uri;
      await waitReady(createClient({ trackingUri: mlflow }), { timeoutMs: 200_000 });
      await simclr(toy.root, 'run', 'toy');
    }, 400_000);
    afterAll(async () => {
      remote.stop();
      if (findServer(serverFolder(toy.root))) await stopServer(serverFolder(toy.root));
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
      await toy.remove();
    });

    it('push without a remote is an error in a line; with one, it says what to commit', async () => {
      const child = call(toy.root, 'node', ['tools/pipelines/src/main.ts', 'push', 'toy']);
      await child.ended;
      expect([child.code, child.output]).toEqual([1, expect.stringMatching(/^no remote: .*dvc remote add -d.*\n$/)]);
      for (const args of remote.args) await dvc(toy.root, 'remote', ...args);
      const said = await simclr(toy.root, 'push', 'toy');
      expect(said).toMatch(/^toy: 4 results: \d+ files pushed$/m);
      git(toy.root, 'add', '-A');
      git(toy.root, 'commit', '--quiet', '-m', 'results');
      expect(await simclr(toy.root, 'push')).toMatch(/^toy: 4 results: everything is up to date\n$/);
    });

    it('pull, then run: no stage runs; data stay on the remote, but for those that are asked for', async () => {
      second = clone();
      const said = await simclr(second, 'pull');
      expect(said).toContain('toy: 4 results pulled, 0 were here\n');
      expect(said).toContain('data that stay on the remote until a stage reads them: a, b@1, b@2, c. ');
      expect(await simclr(second, 'why', 'toy')).toBe('toy: none of 4 would run: up to date\n');
      expect(await simclr(second, 'run', 'toy')).toContain('nothing to do: all 4 stages are up to date');
      for (const id of IDS) expect(keyOf(second, id)).toBe(keyOf(toy.root, id));
      expect(await states(second)).toEqual(IDS.map(() => 'remote'));
      expect(withData(second)).toEqual([]);
      expect(await simclr(second, 'pull', 'toy', 'c')).toContain('toy: 1 results pulled, 3 were here\n');
      expect(withData(second)).toEqual(['c']);
      expect(dataOf(second, 'c')).toBe(dataOf(toy.root, 'c'));
      // DVC adds to a .gitignore of its own.
      expect(git(second, 'status', '--porcelain', '--', ':!.dvc')).toBe('');
      expect(await simclr(second, 'pull', 'toy')).toContain('toy: 0 results pulled, 4 were here\n');
    });

    it('MLflow: what was pulled leads to the runs that made it', async () => {
      const status = async (root: string) =>
        JSON.parse(await simclr(root, 'status', 'toy', '--json')) as PipelineStatus;
      const [here, there] = [await status(toy.root), await status(second)];
      expect(there.tasks.map(({ state }) => state)).toEqual(['remote', 'remote', 'remote', 'cached']);
      expect(there.tasks.map((task) => task.mlflow)).toEqual(here.tasks.map((task) => task.mlflow));
      expect(there.tasks.map((task) => task.mlflow)).toEqual(IDS.map(() => expect.stringContaining(`${mlflow}/#/exp`)));
    });

    it('DVC: metrics of what was pulled, of experiments, and what differs after another run', async () => {
      expect(JSON.parse(await dvc(second, 'metrics', 'show', '--json'))).toMatchObject({
        '': { data: { 'out/c/metrics.json': { data: { value: 3 } } } },
      });
      const shown = JSON.stringify(JSON.parse(await dvc(second, 'exp', 'show', '--json')));
      expect(shown).toContain('out/c/metrics.json":{"data":{"value":3}}');
      const said = await simclr(second, 'run', 'toy', '--set', 'c.value=5');
      expect(said).toContain('c: fetches data from the remote: b@1, b@2\n');
      expect(said).toMatch(/^ {2}c +ran/m);
      expect(said).not.toMatch(/^ {2}(a|b@\d) +ran/m);
      expect(withData(second)).toEqual(['b@1', 'b@2', 'c']);
      expect(JSON.parse(await dvc(second, 'metrics', 'diff', '--json'))).toEqual({
        'out/c/metrics.json': { value: { old: 3, new: 5, diff: 2 } },
      });
    });

    it('a checkout that pulls nothing runs nothing either, and fetches what it verifies', async () => {
      const third = clone();
      const said = await simclr(third, 'run', 'toy');
      expect(said).toContain('asks the remote for results that dvc.lock records: a, b@1, b@2, c\n');
      expect(said).toContain('nothing to do: all 4 stages are up to date');
      expect(await states(third)).toEqual(IDS.map(() => 'remote'));
      expect(await simclr(third, 'verify', 'toy', 'b@2')).toContain('b@2: the same again: ');
      expect(withData(third)).toEqual(['a', 'b@2']);
      expect(await simclr(third, 'pull', '--data')).toContain('toy: 2 results pulled, 2 were here\n');
      expect(await states(third)).toEqual(IDS.map(() => 'cached'));
    });

    it('what the remote has lost is made again, once a stage needs it', async () => {
      const fourth = clone();
      await simclr(fourth, 'pull');
      for (const args of [
        ['add', '--local', 'empty', temporary('empty-')],
        ['default', '--local', 'empty'],
      ])
        await dvc(fourth, 'remote', ...args);
      const said = await simclr(fourth, 'run', 'toy', '--set', 'b.steps=3');
      expect(said).toMatch(/^b@1: not on the remote: a/m);
      expect(said.match(/^ {2}(a|b@1|b@2|c) +ran/gm)).toHaveLength(3);
      // Its data are the same.
      expect(said).toMatch(/^ {2}c +cached/m);
    });

    it('the other way: what the second made is pulled by the first, in the place of its own', async () => {
      await simclr(second, 'push', 'toy');
      git(second, 'commit', '--quiet', '-a', '-m', 'another value');
      git(toy.root, 'pull', '--quiet', second, 'HEAD');
      expect(await simclr(toy.root, 'pull', 'toy')).toContain('toy: 1 results pulled, 3 were here\n');
      expect(await simclr(toy.root, 'run', 'toy')).toContain('nothing to do');
      expect(keyOf(toy.root, 'c')).toBe(keyOf(second, 'c'));
    });

    it('what the remote lacks is named', async () => {
      await simclr(second, 'run', 'toy', '--set', 'c.value=6');
      git(second, 'commit', '--quiet', '-a', '-m', 'not pushed');
      git(toy.root, 'pull', '--quiet', second, 'HEAD');
      const child = call(toy.root, 'node', ['tools/pipelines/src/main.ts', 'pull', 'toy']);
      await child.ended;
      expect(child.code).toBe(1);
      expect(child.output).toMatch(/^not on the remote: c(: .*)?\. push them where they were made$/m);
    });
  },
);
