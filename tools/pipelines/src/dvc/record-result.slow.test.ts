import { cpSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findRoot } from '../definition/workspace.ts';
import { OFFLINE, outputOf, type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';

// What YAML, Python and DVC could take for something else than JSON does.
const TRICKY = {
  words: [
    'yes',
    'no',
    'on',
    'null',
    '~',
    'true',
    '',
    ' ',
    '-',
    '?',
    'é',
    'a: b',
    '# no',
    "it's",
    '"',
    '!x',
    '&x',
    '*x',
    '%',
    '@',
    '`',
  ],
  numbers: [0, -0.5, 1e-7, 1e21, 1e300, 123456789012345, 0.1, 1e-3, 100000000000000000000],
  looks: [
    '1',
    '1.0',
    '1e-7',
    '0x1f',
    '0o7',
    '010',
    '1_000',
    '12:30',
    '12:30:45',
    '.inf',
    '.nan',
    '2020-01-01',
    '2001-12-14t21:59:43.10-05:00',
    '<<',
    '=',
  ],
  'odd key: yes': { 1: 'one', null: 'none', 'a.b': [[], {}, [null]] },
  long: 'words that go on and on '.repeat(20),
  lines: 'one\ntwo\n\n  three\n',
};
const PIPELINE = `name: toy
config: configs/toy.json
stages:
  z: { run: '@toy/a', params: [z] }
  a: { run: '@toy/a', params: [a], matrix: { item: [x, y.1] } }
  b: { run: '@toy/a', params: [b], needs: [z, a] }
`;

const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;
const at = (path: string) => join(toy.root, 'pipelines/toy', path);
const lock = () => parse(readFileSync(at('dvc.lock'), 'utf8')) as { stages: Record<string, unknown> };
const dvc = (...args: string[]) => outputOf(toy.start('dvc', args, 'pipelines/toy'));
const run = (...args: string[]) =>
  outputOf(toy.start('env', [OFFLINE, 'node', 'tools/pipelines/src/main.ts', 'run', 'toy', ...args]));

describe.runIf(installed)('a result that is recorded', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    toy = toyWorkspace(['a'], PIPELINE, { seed: 0, z: { any: TRICKY }, a: {}, b: { any: 1.5 } });
    await run();
  }, 240_000);
  afterAll(() => toy.remove());

  it('is clean to DVC, which would have written the same', async () => {
    const ours = lock();
    const status = JSON.parse(await dvc('status', '--json')) as object;
    expect(Object.keys(status)).toEqual(['own-data']); // which always is to look
    cpSync(at('dvc.lock'), at('ours'));
    await dvc('commit', '--force', 'z', 'a', 'b');
    const theirs = lock();
    for (const id of ['z', 'a@x', 'a@y.1', 'b']) {
      // Down to the order of keys.
      expect(JSON.stringify(ours.stages[id])).toBe(JSON.stringify(theirs.stages[id]));
    }
    renameSync(at('ours'), at('dvc.lock'));
  });

  it('is once on the disk, read-only', () => {
    const { stages } = lock() as { stages: { z: { outs: { md5: string }[] } } };
    const object = (md5: string) => join(toy.root, '.dvc/cache/files/md5', md5.slice(0, 2), md5.slice(2));
    const list = JSON.parse(readFileSync(object(stages.z.outs[0]!.md5), 'utf8')) as { md5: string; relpath: string }[];
    for (const { md5, relpath } of list) {
      const [kept, there] = [statSync(object(md5)), statSync(at(`out/z/data/${relpath}`))];
      expect([kept.ino, kept.mode & 0o777]).toEqual([there.ino, 0o444]);
    }
  });

  it('comes back from DVC’s cache by DVC', async () => {
    const before = readFileSync(at('out/z/data/toy.json'));
    rmSync(at('out'), { recursive: true });
    await dvc('checkout');
    expect(readFileSync(at('out/z/data/toy.json'))).toEqual(before);
    expect(existsSync(at('out/z/metrics.json'))).toBe(true);
  });

  it('that is in place, with nothing of Nx’s, is taken as it is', async () => {
    await run();
    rmSync(join(toy.root, '.nx'), { recursive: true });
    const record = readFileSync(at('out/b/run.json'));
    for (const id of ['z', 'b']) rmSync(at(`out/${id}/receipt.json`));
    const said = await run();
    expect(said).not.toContain('starts');
    expect(readFileSync(at('out/b/run.json'))).toEqual(record);
  });
});
