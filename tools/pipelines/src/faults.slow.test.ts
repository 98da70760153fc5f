import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import type { LockEntry } from './dvc/dvc.ts';
import { md5Of } from './dvc/dvc-cache.ts';
import { OFFLINE, type ToyWorkspace, toyWorkspace } from './testing/toy-workspace.ts';

/*
 * Damage to what a run keeps, one kind after another, in one workspace with the real Nx and DVC: a plain run mends each,
 * and says so; the data are those of before, and the run after it has nothing to do.
 */
const yaml = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
  b: { run: '@toy/b', params: [b], needs: [a] }
  c: { run: '@toy/c', params: [c], needs: [b] }
`;
const config = { seed: 0, a: { value: 3 }, b: { value: 5 }, c: {} };
const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));

let toy: ToyWorkspace;
const at = (path: string) => join(toy.root, path);
const out = (path: string) => at(`pipelines/toy/out/${path}`);

async function run(): Promise<{ code: number; output: string }> {
  const called = toy.start('env', [OFFLINE, 'node', 'tools/pipelines/src/main.ts', 'run', 'toy']);
  await called.ended;
  return { code: called.code!, output: called.output };
}

const write = (path: string, change: (text: string) => string) => {
  const mode = statSync(path).mode;
  chmodSync(path, 0o644);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  chmodSync(path, mode);
};
const cut = (path: string) => write(path, (text) => text.slice(0, text.length / 2));
const flip = (path: string) => write(path, (text) => text.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)));
const remove = (path: string) => rmSync(path, { recursive: true, force: true });
const fill = (path: string, text: string) => writeFileSync(path, text);
/** The object of DVC's cache that lists a task's data, and the first of the files in it. */
function objects(task: string): { list: string; file: string } {
  const entry = JSON.parse(readFileSync(out(`${task}/lock.json`), 'utf8')) as LockEntry;
  const path = (md5: string) => at(`.dvc/cache/files/md5/${md5.slice(0, 2)}/${md5.slice(2)}`);
  const list = path(md5Of(entry, 'data')!);
  const files = JSON.parse(readFileSync(list, 'utf8')) as { md5: string; relpath: string }[];
  return { list, file: path(files.find(({ relpath }) => relpath === 'toy.json')!.md5) };
}
const inNx = (name: string) =>
  (readdirSync(at('.nx/cache'), { recursive: true }) as string[])
    .filter((path) => path.endsWith(name))
    .map((path) => at(`.nx/cache/${path}`));

const FAULTS: Record<string, () => void> = {
  'a data file gone': () => remove(out('b/data/toy.json')),
  'a data file cut': () => cut(out('b/data/toy.json')),
  'a data file flipped, in the cache too': () => flip(out('b/data/toy.json')),
  'a data file flipped by the disk, its time as before, and what reads it gone': () => {
    const file = out('b/data/toy.json');
    const { atime, mtime } = statSync(file);
    flip(file);
    utimesSync(file, atime, mtime);
    remove(objects('c').file);
    remove(out('c/data'));
  },
  'a data file of the last stage flipped': () => flip(out('c/data/toy.json')),
  'a manifest gone': () => remove(out('b/data/manifest.json')),
  'a manifest cut': () => cut(out('b/data/manifest.json')),
  'data gone': () => remove(out('b/data')),
  'data gone, cache cut': () => {
    cut(objects('b').file);
    remove(out('b/data'));
  },
  'data gone, cache flipped': () => {
    flip(objects('b').file);
    remove(out('b/data'));
  },
  'data gone, list of the cache cut': () => {
    cut(objects('b').list);
    remove(out('b/data'));
  },
  'data gone, list of the cache empty': () => {
    chmodSync(objects('b').list, 0o644);
    fill(objects('b').list, '');
    remove(out('b/data'));
  },
  'list of the cache cut': () => cut(objects('b').list),
  'an object of the cache gone': () => remove(objects('b').file),
  'cache gone': () => remove(at('.dvc/cache')),
  'cache and data gone': () => {
    remove(at('.dvc/cache'));
    for (const task of ['a', 'b', 'c']) remove(out(`${task}/data`));
  },
  'all outputs gone': () => remove(at('pipelines/toy/out')),
  'all outputs and Nx gone': () => {
    remove(at('pipelines/toy/out'));
    remove(at('.nx'));
  },
  'receipt cut': () => cut(out('b/receipt.json')),
  'receipt gone': () => remove(out('b/receipt.json')),
  'receipt of another time': () => fill(out('b/receipt.json'), '{"digest":"0"}'),
  'receipts in Nx cut': () => inNx('receipt.json').forEach(cut),
  'receipts in Nx cut, and here': () => {
    inNx('receipt.json').forEach(cut);
    cut(out('b/receipt.json'));
  },
  'receipts in Nx gone': () => inNx('receipt.json').forEach(remove),
  'run.json cut': () => cut(out('b/run.json')),
  'run.json empty': () => fill(out('b/run.json'), ''),
  'run.json gone': () => remove(out('b/run.json')),
  'lock.json cut': () => cut(out('b/lock.json')),
  'metrics cut': () => cut(out('b/metrics.json')),
  'metrics gone': () => remove(out('b/metrics.json')),
  'state of work, rubbish': () => toy.write('pipelines/toy/out/b/work/state.json', '{"fing'),
  'dvc.lock empty': () => fill(at('pipelines/toy/dvc.lock'), ''),
  'dvc.lock gone': () => remove(at('pipelines/toy/dvc.lock')),
  'dvc.lock in conflict': () =>
    write(at('pipelines/toy/dvc.lock'), (text) => `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> other\n`),
  'dvc.yaml cut': () => cut(at('pipelines/toy/dvc.yaml')),
  'keys.json cut': () => cut(at('pipelines/toy/keys.json')),
  'own-data.json cut': () => cut(out('own-data.json')),
  'rwlock, rubbish': () => toy.write('.dvc/tmp/rwlock', '{"x'),
  "rwlock of another program's pid": () =>
    toy.write('.dvc/tmp/rwlock', {
      write: { [out('b/data')]: { pid: process.pid, cmd: 'dvc repro' } },
      read: { [out('a/data')]: [{ pid: process.pid, cmd: 'dvc repro' }] },
    }),
  'rwlock, rubbish, and data gone for good': () => {
    toy.write('.dvc/tmp/rwlock', '{"x');
    remove(objects('b').file);
    remove(out('b/data'));
  },
  "rwlock of another program's pid, and data gone for good": () => {
    FAULTS["rwlock of another program's pid"]!();
    remove(objects('b').file);
    remove(out('b/data'));
  },
  'Nx gone': () => remove(at('.nx')),
  "Nx's database, rubbish": () => {
    for (const file of readdirSync(at('.nx/workspace-data')).filter((name) => name.includes('.db')))
      fill(at(`.nx/workspace-data/${file}`), 'rubbish');
  },
  'a session, rubbish': () => toy.write('pipelines/toy/out/.sessions/abc/session.json', '{"d'),
  'an unfinished run, rubbish': () => toy.write('pipelines/toy/out/.runs/unfinished.json', '{"k'),
  'temporaries left': () => toy.write('pipelines/toy/out/b/data.123.tmp/toy.json', '{}'),
};

/** One of each kind; FAULTS=all tries all of them. */
const OFTEN = [
  'a data file cut',
  'a data file flipped, in the cache too',
  'a data file flipped by the disk, its time as before, and what reads it gone',
  'a manifest cut',
  'data gone, list of the cache cut',
  'receipts in Nx cut, and here',
  'run.json cut',
  'state of work, rubbish',
  'dvc.lock in conflict',
  'keys.json cut',
  "rwlock of another program's pid, and data gone for good",
  "Nx's database, rubbish",
];

describe.runIf(installed)('a plain run mends', { timeout: 300_000 }, () => {
  const contents = () => ['a', 'b', 'c'].map((task) => readFileSync(out(`${task}/data/toy.json`), 'utf8'));
  let whole: string[];
  beforeAll(async () => {
    toy = toyWorkspace(['a', 'b', 'c'], yaml, config);
    const { code, output } = await run();
    expect(code, output).toBe(0);
    whole = contents();
  }, 120_000);
  afterAll(() => toy.remove());

  const chosen = Object.entries(FAULTS).filter(([name]) => process.env.FAULTS === 'all' || OFTEN.includes(name));
  it.for(chosen)('%s', async ([, fault]) => {
    fault();
    const first = await run();
    expect(first.output).not.toMatch(/^ +at /m);
    expect([first.code, contents()], first.output).toEqual([0, whole]);
    const second = await run();
    expect(second.output).toContain('nothing to do');
  });
});
