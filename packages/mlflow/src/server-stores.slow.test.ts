import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { downloadArtifact, uploadArtifact } from './artifacts.ts';
import { createClient } from './client.ts';
import { ensureExperiment, getExperimentByName } from './experiments.ts';
import { waitReady } from './ready.ts';
import { createRun } from './runs.ts';
import { ensureServer, stopServer } from './server.ts';

const venv = join(import.meta.dirname, '../../../.venv/bin');
const python = join(venv, 'python');
const postgres = debianPostgres();
const imports = (...modules: string[]) => spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0;
const missing = [
  ...(existsSync(python) ? [] : ['.venv: npm run setup']),
  ...(postgres ? [] : ['PostgreSQL: apt-get install postgresql']),
  ...(imports('psycopg', 'boto3', 'moto.server')
    ? []
    : ["Python modules: pip install 'psycopg[binary]' boto3 'moto[server]'"]),
];
if (missing.length) console.warn(`server-stores.slow.test.ts skipped: no ${missing.join('; no ')}`);

describe.skipIf(missing.length)('a server with stores of its own', { timeout: 240_000 }, () => {
  let root: string;
  let s3: { pid: number; uri: string };
  const stops: (() => void)[] = [];

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'stores-'));
    startPostgres(root, stops);
    const port = await freePort();
    const moto = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    stops.push(() => moto.kill('SIGKILL'));
    s3 = { pid: moto.pid!, uri: `http://127.0.0.1:${port}` };
    const deadline = Date.now() + 60_000;
    while (
      !(await fetch(`${s3.uri}/runs`, { method: 'PUT' }).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (Date.now() > deadline) throw new Error('moto does not answer');
      await sleep(200);
    }
    Object.assign(process.env, {
      MLFLOW_S3_ENDPOINT_URL: s3.uri,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: 'us-east-1',
    });
  }, 120_000);
  afterAll(async () => {
    await stopServer(join(root, 'own'));
    for (const stop of stops.toReversed()) stop();
    rmSync(root, { recursive: true, force: true });
  });

  it('keeps runs in PostgreSQL and artifacts in S3, and none of it in its folder', async () => {
    const dir = join(root, 'own');
    const stores = { backend: `postgresql://postgres@/postgres?host=${join(root, 'pg')}`, artifacts: 's3://runs/of' };
    const server = await ensureServer({ dir, bin: join(venv, 'mlflow'), stores });
    const client = createClient({ trackingUri: server.uri, env: {} });
    await waitReady(client, { timeoutMs: 200_000, server });
    const experimentId = await ensureExperiment({ client, name: 'elsewhere' });
    const { info } = await createRun({ client, experimentId, runName: 'a' });
    await uploadArtifact({ client, artifactUri: info.artifactUri, path: 'page.html', data: 'größe' });
    const listed = await (await fetch(`${s3.uri}/runs?list-type=2`)).text();
    expect(listed).toContain(`<Key>of/${experimentId}/${info.runId}/artifacts/page.html</Key>`);
    const back = await downloadArtifact({ client, artifactUri: info.artifactUri, path: 'page.html' });
    expect(Buffer.from(back).toString()).toBe('größe');
    const said = asPostgres(postgres!, 'psql', ['-h', join(root, 'pg'), '-Atc', 'select name from runs']);
    expect(said.trim()).toBe('a');
    expect(existsSync(join(dir, 'mlflow.db'))).toBe(false);
    expect(readdirSync(join(dir, 'artifacts'))).toEqual([]);
    // The same stores: the same server. Its folder's own: another, which knows nothing of them.
    expect((await ensureServer({ dir, bin: join(venv, 'mlflow'), stores })).pid).toBe(server.pid);
    const own = await ensureServer({ dir, bin: join(venv, 'mlflow') });
    expect(own.pid).not.toBe(server.pid);
    const local = createClient({ trackingUri: own.uri, env: {} });
    await waitReady(local, { timeoutMs: 200_000, server: own });
    expect(await getExperimentByName({ client: local, name: 'elsewhere' })).toBeUndefined();
  });
});

/** Folder of the programs of Debian's newest PostgreSQL. */
function debianPostgres(): string | undefined {
  const all = '/usr/lib/postgresql';
  const versions = existsSync(all) ? readdirSync(all).sort((a, b) => Number(b) - Number(a)) : [];
  return versions[0] && join(all, versions[0], 'bin');
}

/** PostgreSQL does not run as root. */
function asPostgres(bin: string, program: string, args: string[]): string {
  const command = [join(bin, program), ...args];
  const [first, ...rest] = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--', ...command] : command;
  return execFileSync(first!, rest, { encoding: 'utf8', cwd: '/', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** A data base of its own on a socket in `<root>/pg`, of no port. */
function startPostgres(root: string, stops: (() => void)[]): void {
  const dir = join(root, 'pg');
  mkdirSync(dir);
  if (process.getuid?.() === 0) {
    const id = (of: string) => Number(execFileSync('id', [of, 'postgres'], { encoding: 'utf8' }));
    for (const path of [root, dir]) chownSync(path, id('-u'), id('-g'));
  }
  const data = join(dir, 'data');
  asPostgres(postgres!, 'initdb', ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync']);
  const options = `-c listen_addresses='' -c unix_socket_directories=${dir} -c fsync=off`;
  asPostgres(postgres!, 'pg_ctl', ['-D', data, '-w', '-l', join(dir, 'log'), '-o', options, 'start']);
  stops.push(() => asPostgres(postgres!, 'pg_ctl', ['-D', data, '-m', 'immediate', 'stop']));
}

async function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}
