import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childEnvironment } from './environment.mjs';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'environment '));
  for (const name of ['pathspec', 'flask', 'click', 'sitecustomize']) {
    mkdirSync(join(dir, 'modules', name), { recursive: true });
    writeFileSync(join(dir, 'modules', name, '__init__.py'), "raise SystemExit('another module')\n");
  }
  writeFileSync(join(dir, 'startup.cjs'), "console.log('started'); process.exit(7);\n");
  writeFileSync(join(dir, 'file'), '');
  mkdirSync(join(dir, 'tmp'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the environment of our children', () => {
  it.each([
    { NODE_ENV: 'production' },
    { NODE_OPTIONS: '--require /elsewhere/hook.cjs --inspect', NODE_PATH: '/elsewhere' },
    { npm_config_omit: 'dev', NPM_CONFIG_ONLY: 'prod', npm_config_global: 'true', npm_config_workspace: 'a' },
    { PIP_USER: '1', PIP_TARGET: '/elsewhere', PIP_REQUIRE_VIRTUALENV: '1', PIP_PREFIX: '/a', PIP_CONSTRAINT: '/b' },
    { UV_TARGET: '/elsewhere', UV_EXCLUDE_NEWER: '2020-01-01', UV_PYTHON: '3.8', UV_NO_BINARY: '1' },
    { PYTHONPATH: '/a', PYTHONHOME: '/b', PYTHONSTARTUP: '/c', PYTHONWARNINGS: 'error', PYTHONOPTIMIZE: '2' },
    { VIRTUAL_ENV: '/a', __PYVENV_LAUNCHER__: '/b' },
    { GIT_DIR: '/a', GIT_WORK_TREE: '/b', GIT_INDEX_FILE: '/c', GIT_OBJECT_DIRECTORY: '/d' },
    { DVC_ROOT: '/a', DVC_EXP_NAME: 'b', DVC_GLOBAL_CONFIG_DIR: '/c' },
    { NX_SKIP_NX_CACHE: 'true', NX_CACHE_DIRECTORY: '/a', NX_DAEMON: 'true', NX_TUI: 'true' },
  ])('has nothing of %o', (env) => {
    const { env: kept } = childEnvironment({ ...env }, ROOT);
    for (const name of Object.keys(env)) expect(kept).not.toHaveProperty([name]);
  });

  it.each([
    { PIP_INDEX_URL: 'https://mirror/simple', PIP_CERT: '/ca.pem', PIP_NO_INDEX: '1', PIP_FIND_LINKS: '/wheels' },
    { npm_config_registry: 'https://mirror/', NPM_CONFIG_CAFILE: '/ca.pem', 'npm_config_//mirror/:_authToken': 'x' },
    { UV_DEFAULT_INDEX: 'https://mirror/simple', UV_INDEX_MINE_PASSWORD: 'x' },
    { HTTPS_PROXY: 'http://proxy', NO_PROXY: 'localhost', NODE_EXTRA_CA_CERTS: '/ca.pem', SSL_CERT_FILE: '/ca.pem' },
    { PYTHON: '/opt/python3.13', CXX: 'clang++', LD_LIBRARY_PATH: '/cuda', CONDA_PREFIX: '/conda' },
    { TFJS_DEVICE: 'gpu', TF_NUM_INTRAOP_THREADS: '2', MLFLOW_TRACKING_URI: 'http://a', SIMCLR_SESSION: '/a' },
    { NODE_OPTIONS: '--max-old-space-size=8192 --use-system-ca' },
    { GIT_SSL_CAINFO: '/ca.pem', GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' },
  ])('keeps %o', (env) => {
    expect(childEnvironment({ ...env }, ROOT).env).toMatchObject(env);
  });

  it.each([
    ['one that is there', '', 'tmp', undefined],
    ['a relative one', 'relative', 'tmp', undefined],
    ['none', '/none/such', undefined, /^TMPDIR: \/none\/such cannot be written to: \/tmp is used$/],
    ['a file', 'file', undefined, /^TMPDIR: .*file cannot be written to: \/tmp is used$/],
  ])('has an absolute temporary folder: %s', (what, given, expected, note) => {
    const TMPDIR = what === 'a relative one' ? 'tmp' : given.startsWith('/') ? given : join(dir, given || 'tmp');
    const { env, note: said } = childEnvironment({ TMPDIR }, ROOT, dir);
    expect(env.TMPDIR).toBe(expected ? join(dir, expected) : '/tmp');
    if (note) expect(said).toMatch(note);
    else expect(said).toBeUndefined();
    expect(readdirSync(join(dir, 'tmp'))).toEqual([]);
  });
});

describe.skipIf(!existsSync(join(ROOT, '.venv/bin/dvc')))('a child of ours', { timeout: 240_000 }, () => {
  const hostile = () => ({
    NODE_ENV: 'production',
    PYTHONPATH: join(dir, 'modules'),
    PYTHONHOME: '/none/such',
    TMPDIR: '/none/such',
    NX_CACHE_DIRECTORY: '/none/such',
    GIT_DIR: '/none/such',
    DVC_ROOT: '/none/such',
    LC_ALL: 'xx_YY.latin1',
  });
  /** Runs a program from a process of ours, which was started in a hostile environment. */
  const runIn = (extra: Record<string, string>, program: string, ...args: string[]) => {
    const body = `import { adoptEnvironment } from ${JSON.stringify(`${ROOT}/tools/bootstrap/src/environment.mjs`)};
      import { spawnSync } from 'node:child_process';
      adoptEnvironment(${JSON.stringify(ROOT)});
      const { status, stdout, stderr } = spawnSync(${JSON.stringify(program)}, ${JSON.stringify(args)}, { encoding: 'utf8' });
      console.log(JSON.stringify({ status, said: stdout.trim(), stderr }));`;
    const options = { encoding: 'utf8', cwd: ROOT, env: { ...process.env, ...hostile(), ...extra } } as const;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', body], options);
    return JSON.parse(stdout) as { status: number; said: string; stderr: string };
  };

  it('does not see another package of the same name: dvc', () => {
    expect(runIn({}, join(ROOT, '.venv/bin/dvc'), '--version')).toMatchObject({ status: 0, said: '3.67.1' });
  });

  it('nor: what the MLflow server stands on', () => {
    const script = 'import flask; print(flask.Flask.__name__)';
    expect(runIn({}, join(ROOT, '.venv/bin/python'), '-c', script)).toMatchObject({ status: 0, said: 'Flask' });
  });

  it('nor another repository: git', () => {
    if (!existsSync(join(ROOT, '.git'))) return;
    expect(runIn({}, 'git', 'rev-parse', '--show-toplevel')).toMatchObject({ status: 0, said: ROOT });
  });

  it('makes its temporary files where there is a folder: python', () => {
    const script = 'import tempfile, locale; print(tempfile.gettempdir(), locale.getpreferredencoding())';
    expect(runIn({}, join(ROOT, '.venv/bin/python'), '-c', script)).toMatchObject({ status: 0, said: '/tmp utf-8' });
  });
});
