import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
      /^missing prerequisite: python 3\.11 or newer with venv\. get it: apt-get install/,
    ],
  ])('%s is named in one line with how to get it, and nothing is left behind', (_, programs, message) => {
    const { status, stderr, stdout } = setUpWith(programs);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    for (const made of ['node_modules', '.venv', '.cache']) expect(existsSync(join(dir, 'checkout', made))).toBe(false);
  });
});

describe('a step', () => {
  const script = (body: string) => {
    const step = join(dir, 'tools/bootstrap/src/step.mjs');
    cpSync(join(ROOT, 'tools/bootstrap/src'), join(dir, 'tools/bootstrap/src'), { recursive: true });
    return execFileSync(process.execPath, ['--input-type=module', '-e', `import { step } from '${step}';\n${body}`], {
      encoding: 'utf8',
    });
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
  const files = execFileSync(
    'git',
    ['ls-files', 'package-lock.json', '.npmrc', 'package.json', '.ci', 'tools/bootstrap'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  const hosts = ['registry' + '.npmjs', 'pypi' + '.org', 'files.python' + 'hosted', 'deb' + '.debian'];
  for (const file of files.trim().split('\n')) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    for (const host of hosts) expect(text.includes(host), `${host} in ${file}`).toBe(false);
  }
});
