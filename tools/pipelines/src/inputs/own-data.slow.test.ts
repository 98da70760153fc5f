import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from '../definition/workspace.ts';
import { OFFLINE, outputOf, type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';

// The real Nx and DVC on a stage that reads a folder of the user's: a story in one workspace.
const yaml = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
  b: { run: '@toy/b', params: [b], needs: [a] }
  c: { run: '@toy/b', params: [c] }
`;
const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;

const call = (...command: Parameters<ToyWorkspace['start']>) => outputOf(toy.start(...command));
const main = [OFFLINE, 'node', 'tools/pipelines/src/main.ts'];
const run = (...args: string[]) => call('env', [...main, 'run', 'toy', ...args]);
const dvc = (...args: string[]) => call('dvc', args, 'pipelines/toy');
const states = (output: string) =>
  [...output.matchAll(/^ {2}(\S+) +(ran|cached)\b/gm)].map(([, id, state]) => `${id} ${state}`);
const own = () => JSON.parse(readFileSync(join(toy.root, 'pipelines/toy/out/a/data/toy.json'), 'utf8')).own as string[];
const key = (task: string) =>
  JSON.parse(readFileSync(join(toy.root, 'pipelines/toy/out', task, 'run.json'), 'utf8')).key as string;
const photo = (name: string) => join(toy.root, 'photos', name);
const nothing = 'nothing to do: all 3 stages are up to date';

describe.runIf(installed)('own data', { timeout: 600_000 }, () => {
  beforeAll(() => {
    toy = toyWorkspace(['a', 'b'], yaml, { seed: 0, a: { folder: 'photos' }, b: {}, c: {} });
    toy.ownData('a');
    toy.write('photos/cat/1.png', 'one');
    toy.write('photos/cat/2.png', 'two');
    toy.write('photos/dog/3.png', 'three');
  });
  afterAll(() => toy.remove());

  it('is an input of the stage whose config names it: an edited file of the same size, an added, a renamed one', async () => {
    expect(states(await run())).toEqual(['a ran', 'b ran', 'c ran']);
    expect(await run()).toContain(nothing);

    toy.write('photos/cat/1.png', 'ONE');
    const edited = await run();
    expect(edited).toContain('  a           own data changed: photos: 1 edited (cat/1.png)\n  b           follows a\n');
    expect(states(edited)).toEqual(['a ran', 'b ran', 'c cached']);
    expect(own()).toEqual(['ONE', 'three', 'two']);

    toy.write('photos/cat/4.png', 'four');
    renameSync(photo('dog'), photo('fox'));
    const more = await run();
    expect(more).toContain('photos: 3 added (cat/4.png, fox, …), 2 removed (dog, dog/3.png)');
    expect(states(more)).toEqual(['a ran', 'b ran', 'c cached']);
    expect(own()).toEqual(['ONE', 'four', 'three', 'two']);
  });

  it('runs nothing where files were touched and are the same', async () => {
    utimesSync(photo('cat/1.png'), 1, 1);
    rmSync(photo('cat/2.png'));
    toy.write('photos/cat/2.png', 'two');
    expect(await run()).toContain(nothing);
  });

  it('never comes back old, whatever is deleted; unchanged it comes back without running', async () => {
    const made = key('a');
    rmSync(join(toy.root, 'pipelines/toy/out'), { recursive: true });
    expect(states(await run())).toEqual(['a cached', 'b cached', 'c cached']);
    expect([own(), key('a')]).toEqual([['ONE', 'four', 'three', 'two'], made]);
    rmSync(join(toy.root, 'pipelines/toy/out'), { recursive: true });
    rmSync(join(toy.root, '.nx'), { recursive: true });
    expect(await run()).toContain('put back from DVC, which has them of the same inputs: a, b, c');
    expect([own(), key('a')]).toEqual([['ONE', 'four', 'three', 'two'], made]);

    toy.write('photos/cat/1.png', 'One');
    rmSync(join(toy.root, 'pipelines/toy/out'), { recursive: true });
    expect(states(await run())).toEqual(['a ran', 'b ran', 'c cached']);
    expect(own()).toEqual(['One', 'four', 'three', 'two']);
    // What it was before is still remembered.
    toy.write('photos/cat/1.png', 'ONE');
    expect(states(await run())).toEqual(['a cached', 'b cached', 'c cached']);
    expect([own(), key('a')]).toEqual([['ONE', 'four', 'three', 'two'], made]);
  });

  it('DVC by hand sees it too, and the run after it has nothing to do', async () => {
    toy.write('photos/cat/1.png', 'uno');
    // A single stage, without the one that looks: DVC has no way to make that one come first, as the quickstart says.
    expect(await dvc('repro', '--single-item', 'a')).toContain("Stage 'a' didn't change, skipping");
    await dvc('repro', 'a');
    expect(own()).toEqual(['four', 'three', 'two', 'uno']);
    await dvc('repro');
    expect(own()).toEqual(['four', 'three', 'two', 'uno']);
    expect(await run()).toContain('nothing to do');
    expect(await dvc('repro')).toContain("Stage 'a' didn't change, skipping");
  });

  it('what DVC made again on purpose stays: a receipt of Nx never puts older data over it', async () => {
    const before = key('a');
    toy.write('source', 'changes what the stage makes');
    const data = join(toy.root, 'pipelines/toy/out/a/data/toy.json');
    // Data that are made anew differ where a stage depends on what no one knows of.
    toy.write(
      'packages/a/src/stage.ts',
      readFileSync(join(toy.root, 'packages/a/src/stage.ts'), 'utf8').replace(
        '{ value: config.value,',
        "{ value: config.value, at: readFileSync(import.meta.dirname + '/../../../source', 'utf8'),",
      ),
    );
    await run();
    toy.write('source', 'other');
    await dvc('repro', '--force', '--single-item', 'a');
    const made = key('a');
    expect(made).not.toBe(before);
    expect(await run()).toContain('newer than what Nx knows: a');
    expect([JSON.parse(readFileSync(data, 'utf8')).at, key('a')]).toEqual(['other', made]);
    expect(await run()).toContain(nothing);
    // Nor after out/ is gone.
    toy.write('source', 'third');
    await dvc('repro', '--force', '--single-item', 'a');
    rmSync(join(toy.root, 'pipelines/toy/out'), { recursive: true });
    await run();
    expect(JSON.parse(readFileSync(data, 'utf8')).at).toBe('third');
    expect(await run()).toContain(nothing);
    expect(await dvc('status')).not.toMatch(/^[abc]:/m);
  });

  it('run --force makes a stage anew, and what follows it if its data changed', async () => {
    const made = key('a');
    const same = await run('--force', 'a');
    expect(same).toContain('  a           forced\n');
    expect(states(same)).toEqual(['a ran', 'b cached', 'c cached']);
    expect(key('a')).not.toBe(made);
    toy.write('configs/toy.json', { seed: 0, a: { folder: 'photos' }, b: {}, c: {} });
    toy.write('source', 'fourth');
    const b = key('b');
    const changed = await run('b', '--force', 'a', '--force', 'b');
    expect(states(changed)).toEqual(['a ran', 'b ran']);
    expect(key('b')).not.toBe(b);
    expect(await run()).toContain(nothing);
    expect(own()).toEqual(['four', 'three', 'two', 'uno']);
  });

  it('of an archive, what is edited, added, renamed or removed in it is seen, by Nx and by DVC', async () => {
    const pack = () => execFileSync('tar', ['cf', 'photos.tar', 'photos'], { cwd: toy.root });
    pack();
    toy.write('configs/toy.json', { seed: 0, a: { folder: 'photos.tar' }, b: {}, c: {} });
    expect(states(await run())).toEqual(['a ran', 'b ran', 'c cached']);
    toy.write('photos/cat/1.png', 'UNO');
    pack();
    const edited = await run();
    expect(edited).toContain('own data changed: photos.tar: 1 edited (the file itself)\n  b           follows a\n');
    expect(states(edited)).toEqual(['a ran', 'b ran', 'c cached']);
    expect(own()[0]).toContain('UNO');
    for (const change of [
      () => toy.write('photos/cat/5.png', 'five'),
      () => renameSync(photo('cat/5.png'), photo('cat/6.png')),
      () => rmSync(photo('cat/6.png')),
    ]) {
      const before = own();
      change();
      pack();
      await dvc('repro', 'a');
      expect(own()).not.toEqual(before);
    }
    // What DVC made stays, and what follows it runs.
    expect(states(await run())).toEqual(['a cached', 'b ran', 'c cached']);
  });
});
