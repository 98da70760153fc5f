import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'set-up-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A program of the machine's by its name, for a PATH that holds nothing else. */
function program(name: string): string {
  return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
}

/** Runs the set-up of an empty checkout with only these programs to be found. */
function setUpWith(programs: string[]) {
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  for (const name of programs) symlinkSync(program(name), join(bin, name));
  cpSync(join(ROOT, 'tools/bootstrap'), join(dir, 'checkout/tools/bootstrap'), { recursive: true });
  for (const file of ['package.json', 'package-lock.json', '.npmrc'])
    copyFileSync(join(ROOT, file), join(dir, 'checkout', file));
  const main = join(dir, 'checkout/tools/bootstrap/src/main.mjs');
  return spawnSync(process.execPath, [main], { encoding: 'utf8', env: { PATH: bin, HOME: dir } });
}

describe('a missing prerequisite', () => {
  it.each([
    ['npm', [], /^missing prerequisite: npm\. get it: /],
    [
      'python',
      ['npm', 'node', 'sh', 'env'],
      /^missing prerequisite: python 3\.11 to 3\.14 with venv\. get it: apt-get install .* PYTHON=\/path\/to\/python3\.13/,
    ],
  ])('%s is named in one line with how to get it, and nothing is left behind', (_, programs, message) => {
    const { status, stderr, stdout } = setUpWith(programs);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    for (const made of ['node_modules', '.venv', '.cache']) expect(existsSync(join(dir, 'checkout', made))).toBe(false);
  });
});

describe('the Python of the machine', () => {
  const prerequisites = join(ROOT, 'tools/bootstrap/src/prerequisites.mjs');
  /** Which Python is taken, or why none, where programs of these names say that they are of these versions. */
  function chosen(versions: Record<string, string>, PYTHON?: string) {
    for (const [name, version] of Object.entries(versions)) {
      const text = `#!/bin/sh\n${version ? `echo '${version}'` : 'exit 127'}\n`;
      writeFileSync(join(dir, name), text, { mode: 0o755 });
    }
    const body = `import { python } from ${JSON.stringify(prerequisites)};
      try { console.log(python()); } catch (error) { console.log(error.message); }`;
    const env = { PATH: dir, ...(PYTHON ? { PYTHON } : {}) };
    return execFileSync(process.execPath, ['--input-type=module', '-e', body], { encoding: 'utf8', env }).trim();
  }

  it.each([
    ["the system's, if there are hashes for it", { python3: 'cpython 3.14', 'python3.12': 'cpython 3.12' }, 'python3'],
    ['another, if there are none', { python3: 'cpython 3.15', 'python3.12': 'cpython 3.12' }, 'python3.12'],
    [
      'not one without the lock that wheels are built for',
      { python3: 'cpython 3.14t', 'python3.11': 'cpython 3.11' },
      'python3.11',
    ],
    [
      'not one that is named and does not start',
      { python3: 'cpython 3.9', 'python3.13': '', 'python3.12': 'cpython 3.12' },
      'python3.12',
    ],
    ['python, where it has that name alone', { python: 'cpython 3.13' }, 'python'],
  ])('is %s', (_, versions, name) => {
    expect(chosen(versions)).toBe(name);
  });

  it('is that of the variable PYTHON', () => {
    const own = join(dir, 'mine');
    expect(chosen({ python3: 'cpython 3.12', mine: 'cpython 3.13' }, own)).toBe(own);
    expect(chosen({ python3: 'cpython 3.12' }, '/none/such')).toMatch(
      /^missing prerequisite: .* \(\/none\/such is none\)/,
    );
  });

  it.each([
    [{ python3: 'cpython 3.15' }, 'python3 is 3.15'],
    [{ python3: 'cpython 3.10' }, 'python3 is 3.10'],
    [{ python3: 'pypy 3.11' }, 'python3 is pypy 3.11'],
  ])('is told in one line where it will not do: %o', (versions, words) => {
    const said = chosen(versions);
    expect(said).toMatch(/^missing prerequisite: python 3\.11 to 3\.14 with venv \(.*\)\. get it: .* PYTHON=/);
    expect(said).toContain(`(${words})`);
  });
});

describe("a user's pip.conf", () => {
  const python = join(ROOT, '.venv/bin/python');
  it.skipIf(!existsSync(python))(
    'gives mirrors and certificates, and not where to install',
    () => {
      const file = join(dir, 'pip.conf');
      const hosts = ['https://one.example/simple', 'https://two.example/simple'];
      const lines = ['[global]', 'user = yes', 'target = /elsewhere', 'index-url = https://mirror.example/simple'];
      writeFileSync(
        file,
        [...lines, 'extra-index-url =', ...hosts.map((host) => `  ${host}`), '[install]', 'no-binary = :all:', ''].join(
          '\n',
        ),
      );
      const body = `import { pipEnvironment } from ${JSON.stringify(join(ROOT, 'tools/bootstrap/src/pip.mjs'))};
      console.log(JSON.stringify(await pipEnvironment()));`;
      const env = { PATH: process.env.PATH, HOME: dir, PIP_CONFIG_FILE: file, PIP_CERT: '/ca.pem', PIP_USER: '1' };
      const said = execFileSync(process.execPath, ['--input-type=module', '-e', body], { encoding: 'utf8', env });
      const found = JSON.parse(said) as Record<string, string>;
      expect(found).toMatchObject({
        PIP_INDEX_URL: 'https://mirror.example/simple',
        PIP_EXTRA_INDEX_URL: hosts.join(' '),
        PIP_CERT: '/ca.pem',
        PIP_CONFIG_FILE: '/dev/null',
      });
      for (const name of ['PIP_USER', 'PIP_TARGET', 'PIP_NO_BINARY']) expect(found).not.toHaveProperty(name);
    },
    120_000,
  );
});

describe('a step', () => {
  const script = (body: string) => {
    const step = join(dir, 'tools/bootstrap/src/step.mjs');
    cpSync(join(ROOT, 'tools/bootstrap/src'), join(dir, 'tools/bootstrap/src'), { recursive: true });
    return execFileSync(
      process.execPath,
      ['--input-type=module', '-e', `import { step } from ${JSON.stringify(step)};\n${body}`],
      {
        encoding: 'utf8',
      },
    );
  };
  const run = (key: string, body = "console.log('worked')") =>
    `await step({ name: 'x', title: 'x', key: '${key}', run: async () => { ${body} } });`;

  it('is done once for a key, again for another, and again when what it made is gone', () => {
    const gone = run('b').replace('run:', 'whole: () => false, run:');
    const said = script(run('a') + run('a') + run('b') + gone);
    expect(said.match(/worked/g)).toHaveLength(3);
  });

  it('that fails is done again', () => {
    const failing = `try { ${run('a', "throw new Error('cut off')")} } catch {}\n`;
    expect(script(run('a') + failing.replace("'a'", "'b'") + run('a')).match(/worked/g)).toHaveLength(2);
  });
});

it('no file that sets up names a registry', () => {
  const inFolders = ['.ci', 'tools/bootstrap'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
  );
  const files = ['package-lock.json', '.npmrc', 'package.json', ...inFolders];
  expect(files).toContain('tools/bootstrap/python/requirements.txt');
  const hosts = ['registry' + '.npmjs', 'pypi' + '.org', 'files.python' + 'hosted', 'deb' + '.debian'];
  for (const file of files) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    for (const host of hosts) expect(text.includes(host), `${host} in ${file}`).toBe(false);
  }
});
