import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findRoot, openWorkspace } from './definition/workspace.ts';

const workspace = openWorkspace(findRoot(import.meta.dirname));
const run = promisify(execFile);

/** What an example says that it prints: the comments behind its calls of console.log. */
const promised = (text: string): string[] =>
  [...text.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, said]) => said!);

describe.each([...workspace.packages.values()].map(({ name, dir }) => [name, dir] as const))('%s', (_, dir) => {
  const root = join(workspace.root, dir);
  const file = join(root, 'example.ts');

  it('says in three lines what it is for', () => {
    const front = ['src/index.ts', 'src/stage.ts'].map((path) => join(root, path)).find(existsSync)!;
    const block = readFileSync(front, 'utf8').match(/^\/\*\*(.*?)\*\//s)?.[1] ?? '';
    const lines = block.split('\n').map((line) => line.replace(/^\s*\*? ?/, ''));
    const first = lines.join('\n').trim().split('\n\n')[0]!.split('\n');
    expect(first[0]).not.toBe('');
    expect(first.length).toBeLessThanOrEqual(3);
  });

  it('has an example, which prints what it says', async () => {
    const { stdout } = await run(process.execPath, [file], { cwd: workspace.root });
    const said = promised(readFileSync(file, 'utf8'));
    expect(said).not.toEqual([]);
    expect(stdout.trimEnd().split('\n')).toEqual(said);
  });
});
