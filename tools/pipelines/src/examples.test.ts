import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { findRoot, openWorkspace } from './definition/workspace.ts';

const workspace = openWorkspace(findRoot(import.meta.dirname));

/** What an example says that it prints: the comments behind its calls of console.log. */
const promised = (text: string): string[] =>
  [...text.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, said]) => said!);

const packages = [...workspace.packages.values()].map(({ name, dir }) => ({ name, root: join(workspace.root, dir) }));

/** Runs the examples one after another, in one process, which loads what they share once. */
const script = `(async () => {
  for (const file of process.argv.slice(1)) {
    console.log('\\0' + file);
    await import(file).catch((error) => console.log(error.stack));
  }
})()`;
const linesOf = (text: string) => text.trimEnd().split('\n');
const printed = new Map<string, string[]>();
beforeAll(async () => {
  const node = async (...args: string[]) =>
    (await promisify(execFile)(process.execPath, args, { cwd: workspace.root })).stdout;
  const files = packages.map(({ root }) => join(root, 'example.ts'));
  const { alone = [], together = [] } = Object.groupBy(files, (file) =>
    readFileSync(file, 'utf8').includes('import.meta.main') ? 'alone' : 'together',
  );
  for (const part of (await node('-e', script, ...together)).split('\0').slice(1)) {
    const [file, ...lines] = linesOf(part);
    printed.set(file!, lines);
  }
  for (const file of alone) printed.set(file, linesOf(await node(file)));
});

describe.each(packages)('$name', ({ root }) => {
  const file = join(root, 'example.ts');

  it('says in three lines what it is for', () => {
    const front = ['src/index.ts', 'src/stage.ts'].map((path) => join(root, path)).find(existsSync)!;
    const block = readFileSync(front, 'utf8').match(/^\/\*\*(.*?)\*\//s)?.[1] ?? '';
    const lines = block.split('\n').map((line) => line.replace(/^\s*\*? ?/, ''));
    const first = lines.join('\n').trim().split('\n\n')[0]!.split('\n');
    expect(first[0]).not.toBe('');
    expect(first.length).toBeLessThanOrEqual(3);
  });

  it('has an example, which prints what it says', () => {
    const said = promised(readFileSync(file, 'utf8'));
    expect(said).not.toEqual([]);
    expect(printed.get(file)).toEqual(said);
  });
});
