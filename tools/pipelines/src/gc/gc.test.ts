import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outputOf, type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';

/* A cache that is made up, in a real repository of git. */
const PIPELINE = "name: toy\nconfig: configs/toy.json\nstages:\n  a: { run: '@toy/a', params: [a] }\n";

let toy: ToyWorkspace;
const at = (path: string) => join(toy.root, path);
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], { cwd: toy.root, encoding: 'utf8' });
const gc = (...args: string[]) => outputOf(toy.start('node', ['tools/pipelines/src/main.ts', 'gc', ...args]));

const pathOf = (md5: string) => `.dvc/cache/files/md5/${md5.slice(0, 2)}/${md5.slice(2)}`;
/** Puts a text into the cache. @returns its md5 */
function cached(text: string, dir = ''): string {
  const md5 = createHash('md5').update(text).digest('hex') + dir;
  toy.write(pathOf(md5), text);
  return md5;
}
/** A folder of one file in the cache. */
function folder(text: string): { dir: string; file: string } {
  const file = cached(text);
  return { dir: cached(JSON.stringify([{ md5: file, relpath: 'x' }]), '.dir'), file };
}
const lock = (md5: string) =>
  `schema: '2.0'\nstages:\n  a:\n    cmd: x\n    outs:\n    - path: out/a/data\n      hash: md5\n      md5: ${md5}\n`;
const isThere = ({ dir, file }: { dir: string; file: string }) => [
  existsSync(at(pathOf(dir))),
  existsSync(at(pathOf(file))),
];

beforeEach(() => {
  toy = toyWorkspace(['a'], PIPELINE, { seed: 0, a: {} });
});
afterEach(() => toy.remove());

describe('gc', () => {
  it('keeps what a result, the checkout, a branch, a tag or a stash names; says what goes, and removes it when told', async () => {
    const [branch, tag, stash, now, result, none] = ['branch', 'tag', 'stash', 'now', 'result', 'none'].map(folder);
    git('add', '-A');
    for (const [name, what] of [
      ['branch', branch],
      ['tag', tag],
    ] as const) {
      toy.write('pipelines/toy/dvc.lock', lock(what!.dir));
      git('add', '-A');
      git('commit', '--quiet', '-m', name);
      git(name === 'tag' ? 'tag' : 'branch', `a-${name}`);
    }
    toy.write('pipelines/toy/dvc.lock', lock(stash!.dir));
    git('stash', '--quiet');
    toy.write('pipelines/toy/dvc.lock', lock(now!.dir));
    toy.write('pipelines/toy/out/a/lock.json', { outs: [{ path: 'out/a/data', md5: result!.dir }] });
    const said = await gc();
    expect(said).toMatch(
      /^objects of DVC's cache that no result, branch or tag names: 2, \d+ B\nwould free \d+ B\. npx simclr gc --yes frees it\n$/,
    );
    expect(isThere(none!)).toEqual([true, true]);
    expect(await gc('--yes')).toMatch(/\nfreed \d+ B\n$/);
    for (const kept of [branch, tag, stash, now, result]) expect(isThere(kept!)).toEqual([true, true]);
    expect(isThere(none!)).toEqual([false, false]);
    expect(await gc()).toBe('nothing to free\n');
  });

  it('does not count what a file in its place shares with the cache', async () => {
    const md5 = cached('shared');
    linkSync(at(pathOf(md5)), at('mine'));
    expect(await gc()).toContain('names: 1, 0 B\n');
  });

  it('works without git', async () => {
    rmSync(at('.git'), { recursive: true });
    const [named, other] = [folder('named'), folder('other')];
    toy.write('pipelines/toy/dvc.lock', lock(named.dir));
    await gc('--yes');
    expect([isThere(named), isThere(other)]).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  it('removes compiled graphs and memories of own data that were not used for a month', async () => {
    const old = new Date(Date.now() - 31 * 24 * 3600_000);
    for (const path of [
      '.cache/graphs/old/model.pb',
      '.cache/graphs/new/model.pb',
      '.cache/own-data/old.json',
      '.cache/own-data/lists/old.json',
      '.cache/own-data/lists/new.json',
      '.nx/cache/old/x.json',
      '.nx/cache/terminalOutputs/old',
      '.nx/cache/terminalOutputs/new',
    ]) {
      toy.write(path, 'x');
      if (path.includes('old')) utimesSync(at(path), old, old);
    }
    expect(await gc('--yes')).toBe(
      'compiled graphs, not used for 30 days: 1, 1 B\nown data, as read, not used for 30 days: 2, 2 B\n' +
        "Nx's cache, of which its database knows no more, not used for 30 days: 2, 2 B\nfreed 5 B\n",
    );
    expect([existsSync(at('.cache/graphs/old')), existsSync(at('.cache/graphs/new/model.pb'))]).toEqual([false, true]);
    expect([
      existsSync(at('.cache/own-data/lists/old.json')),
      existsSync(at('.cache/own-data/lists/new.json')),
    ]).toEqual([false, true]);
  });
});
