import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';

const ours = findRoot(import.meta.dirname);
const text = readFileSync(join(ours, 'CONTRIBUTING.md'), 'utf8');
const run = promisify(execFile);

interface Step {
  /** Of the file, or undefined for commands. */
  path: string | undefined;
  kind: string;
  lines: string[];
}

/** The blocks of the guide in their order, each with the path above it. */
function steps(guide: string): Step[] {
  const block = /(?:^ *`([\w./-]+)`:\n\n)?^( *)```(\w+)\n(.*?)^ *```$/gms;
  return [...guide.matchAll(block)].map(([, path, indent, kind, body]) => ({
    path,
    kind: kind!,
    lines: body!
      .split('\n')
      .slice(0, -1)
      .map((line) => line.slice(indent!.length)),
  }));
}

/** A part of a file with its lines taken out and put in. Throws where it is not there, or is there twice. */
function applied(content: string, lines: readonly string[]): string {
  const side = (sign: string) =>
    lines
      .filter((line) => line[0] !== sign)
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  const parts = content.split(side('+'));
  if (parts.length !== 2) throw new Error(`found ${parts.length - 1} times:\n${side('+')}`);
  return parts.join(side('-'));
}

/** A copy of the checkout whose packages are its own, and whose npm packages are ours. */
function copyCheckout(): string {
  const root = mkdtempSync(join(tmpdir(), 'contributing-'));
  const left = new Set(['node_modules', '.git', '.venv', '.cache', '.mlflow', '.nx', 'out']);
  cpSync(ours, root, { recursive: true, filter: (from) => !left.has(from.split('/').at(-1)!) });
  for (const folder of ['', 'tools/pipelines/']) {
    mkdirSync(join(root, folder, 'node_modules/@simclr'), { recursive: true });
    for (const name of readdirSync(join(ours, folder, 'node_modules')))
      if (name !== '@simclr')
        symlinkSync(join(ours, folder, 'node_modules', name), join(root, folder, 'node_modules', name));
  }
  mkdirSync(join(root, '.cache'));
  symlinkSync(join(ours, '.cache/tensorflow'), join(root, '.cache/tensorflow'));
  return root;
}

/** What `npm install` does for our own packages. */
function linkPackages(root: string): void {
  const folders = ['packages', 'tools'].flatMap((kind) =>
    readdirSync(join(root, kind)).map((name) => `${kind}/${name}`),
  );
  for (const folder of folders) {
    const { name } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as { name: string };
    symlinkSync(join(root, folder), join(root, 'node_modules', name));
  }
}

describe('CONTRIBUTING.md, followed literally', () => {
  const all = steps(text.slice(text.indexOf('\n## ')));
  const commands = all.filter(({ kind }) => kind === 'sh').flatMap(({ lines }) => lines);
  let root: string;
  beforeAll(() => {
    root = copyCheckout();
    for (const { path, kind, lines } of all) {
      if (path === undefined) continue;
      const file = join(root, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, kind === 'diff' ? applied(readFileSync(file, 'utf8'), lines) : `${lines.join('\n')}\n`);
    }
    linkPackages(root);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const node = (...args: string[]) => run(process.execPath, args, { cwd: root, maxBuffer: 2 ** 26 });

  it('has blocks with paths, and commands', () => {
    expect(all.every(({ path, kind }) => (kind === 'sh') === (path === undefined))).toBe(true);
    expect(commands).toContain('npx tsc --noEmit -p .');
  });

  it('gives code that compiles and keeps the rules, as it is laid out', async () => {
    const files = new Set(all.flatMap(({ path }) => (path && /\.(ts|json)$/.test(path) ? [path] : [])));
    await node('node_modules/@biomejs/biome/bin/biome', 'check', '--vcs-enabled=false', ...files);
    await node('node_modules/typescript/bin/tsc', '--noEmit', '-p', '.');
  }, 300_000);

  it('gives code of which all is used', async () => {
    const paths = all.flatMap(({ path }) => path ?? []);
    for (const more of [[], ['--production']]) {
      // It fails where anything is unused, in whatever file.
      const found = await node('node_modules/knip/bin/knip.js', '--no-tag-hints', ...more).catch((error) => error);
      const { stdout } = found as { stdout: string };
      expect(stdout.split('\n').filter((line) => paths.some((path) => line.includes(path)))).toEqual([]);
    }
  }, 300_000);

  it('gives tests that pass', async () => {
    const files = commands.flatMap((line) => line.match(/^npx vitest run (.*)$/)?.[1]?.split(' ') ?? []);
    expect(files.length).toBeGreaterThan(4);
    const quick = files.filter((file) => !file.includes('device/'));
    await node('node_modules/vitest/vitest.mjs', 'run', ...new Set(quick));
  }, 300_000);

  it('gives pipelines that sync and plan', async () => {
    const pipelines = commands.flatMap((line) => line.match(/^npm run pipeline -- (sync|dry-run .*)$/)?.[1] ?? []);
    expect(pipelines).toContain('sync');
    for (const line of new Set(pipelines)) await node('tools/pipelines/src/main.ts', ...line.split(' '));
  }, 300_000);
});
