import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { OFFLINE, type ToyWorkspace, toyWorkspace } from '../../../pipelines/src/testing/toy-workspace.ts';
import { type Bench, median, type Row, row } from '../bench.ts';

const ROUNDS = 3;
const TASKS = 17;
const ITEMS = 12;
// A toy's step takes 20 ms.
const ONE_SECOND = 50;

/** 17 tasks, shaped like the transfer suite: encoders, and then each with each dataset. */
const SUITE = `name: toy
config: configs/toy.json
stages:
  data: { run: '@toy/a', params: [data], matrix: { item: [a, b] } }
  pretrain: { run: '@toy/a', params: [pretrain], needs: { dataset: [data@a] }, matrix: { any: [x, y, z] } }
  features: { run: '@toy/a', params: [features], needs: [pretrain], each: pretrain }
  transfer: { run: '@toy/a', params: [transfer], needs: [data, features], each: [data, features] }
  best: { run: '@toy/a', params: [best], needs: [transfer] }
  table: { run: '@toy/a', params: [table], needs: [best] }
  report: { run: '@toy/a', params: [report], needs: [table] }
`;
const sections = ['data', 'pretrain', 'features', 'transfer', 'best', 'table', 'report'];
const suiteConfig = (value: number, steps = 0) => ({
  seed: 0,
  ...Object.fromEntries(sections.map((name) => [name, { value, steps }])),
});

const itemsOf = (resources: string) => `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a], ${resources}matrix: { any: [${Array.from({ length: ITEMS }, (_, i) => i).join(', ')}] } }
`;

/** Seconds that a command takes, which has to end well. */
async function time(toy: ToyWorkspace, command: string[], folder = ''): Promise<number> {
  const start = performance.now();
  const started = toy.start('env', [OFFLINE, ...command], folder);
  await started.ended;
  if (started.code !== 0) throw new Error(`${command.join(' ')} ended with ${started.code}: ${started.output}`);
  return (performance.now() - start) / 1000;
}
const ours = (toy: ToyWorkspace) => time(toy, ['node', 'tools/pipelines/src/main.ts', 'run', 'toy']);
const theirs = (toy: ToyWorkspace) => time(toy, ['dvc', 'repro'], 'pipelines/toy');

type Seconds = { own: number[]; dvc: number[] };

/** Both sides in turn; `before` changes what there is to do. */
async function both(toy: ToyWorkspace, say: (line: string) => void, what: string, before = (_: number) => {}) {
  const seconds: Seconds = { own: [], dvc: [] };
  for (let round = 1; round <= ROUNDS; round++) {
    before(2 * round);
    seconds.own.push(await ours(toy));
    before(2 * round + 1);
    seconds.dvc.push(await theirs(toy));
    say(
      `round ${round} of ${ROUNDS}  ${what}: ${seconds.own.at(-1)!.toFixed(2)} s, dvc repro ${seconds.dvc.at(-1)!.toFixed(2)} s`,
    );
  }
  return seconds;
}

const compared = (what: string, unit: string, { own, dvc }: Seconds, per = 1): Row =>
  row({ case: what, unit, peer: 'dvc repro', runs: own.length }, median(own) / per, median(dvc) / per);

/** Bytes on the disk below a folder; a file with several names counts once. */
function used(folder: string): number {
  const sizes = new Map<number, number>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const { ino, size } = statSync(join(entry.parentPath, entry.name));
    sizes.set(ino, size);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

export const dag: Bench = {
  name: 'dag',
  about: 'a run of stages that do nothing, against dvc repro: nothing due, all due, side by side, a gigabyte',
  async run(say) {
    const rows: Row[] = [];
    const withToy = async (yaml: string, config: object, act: (toy: ToyWorkspace) => Promise<void>) => {
      const toy = toyWorkspace(['a'], yaml, config);
      try {
        await ours(toy);
        await theirs(toy);
        await act(toy);
      } finally {
        await toy.remove();
      }
    };
    await withToy(SUITE, suiteConfig(0), async (toy) => {
      rows.push(compared(`nothing due of ${TASKS}`, 's, median', await both(toy, say, 'nothing due')));
      const change = (value: number) => toy.write('configs/toy.json', suiteConfig(value));
      rows.push(compared(`${TASKS} stages of 0 s, each`, 's, median', await both(toy, say, 'all due', change), TASKS));
    });
    const items = (value: number) => ({ seed: 0, a: { value, steps: ONE_SECOND } });
    await withToy(itemsOf('resources: { cpu: 1 }, '), items(0), async (toy) => {
      const change = (value: number) => toy.write('configs/toy.json', items(value));
      rows.push(
        compared(`${ITEMS} stages of 1 s, a core each`, 's, median', await both(toy, say, 'side by side', change)),
      );
    });
    const large = { seed: 0, a: { steps: 0, bytes: 2 ** 30 } };
    const toy = toyWorkspace(
      ['a'],
      "name: toy\nconfig: configs/toy.json\nstages:\n  a: { run: '@toy/a', params: [a] }\n",
      large,
    );
    try {
      const before = used(toy.root);
      await ours(toy);
      const bytes = used(toy.root) - before;
      const at = { case: 'disk for 1 GiB of data', unit: 'GiB', peer: 'the data themselves', runs: 1 };
      rows.push(row(at, bytes / 2 ** 30, 1));
      await theirs(toy);
      rows.push(compared('nothing due of 1 GiB', 's, median', await both(toy, say, '1 GiB, nothing due')));
    } finally {
      await toy.remove();
    }
    return rows;
  },
};
