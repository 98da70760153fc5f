import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressed } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { OFFLINE, outputOf, type Started, type ToyWorkspace, toyWorkspace } from './testing/toy-workspace.ts';

/*
 * Four runs of overlapping stages at once, killed at random moments with all that they started, again and again: KILLS=20 times,
 * or once. A plain run then mends all, and nothing is other than where nobody killed anything.
 */
const PIPELINE = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a], resources: { cpu: 1 } }
  b: { run: '@toy/a', params: [b], needs: [a], matrix: { any: [x, y] }, resources: { cpu: 1 } }
  c: { run: '@toy/a', params: [c], needs: [b], each: b, resources: { cpu: 1 } }
  d: { run: '@toy/a', params: [d], needs: [c] }
`;
const IDS = ['a', 'b@x', 'b@y', 'c@x', 'c@y', 'd'];
const TARGETS = [[], ['c@x'], ['b', 'c'], ['d']];
const config = (seed: number) => ({ seed, a: { value: seed }, b: { value: seed }, c: { steps: 20 }, d: {} });

const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;
const run = (...args: string[]) =>
  toy.start('env', [OFFLINE, 'node', 'tools/pipelines/src/main.ts', 'run', 'toy', ...args]);
const digests = () =>
  IDS.map((id) => {
    const file = join(toy.root, 'pipelines/toy/out', id.replace('@', '/'), 'data/manifest.json');
    return (JSON.parse(readFileSync(file, 'utf8')) as { digest: string }).digest;
  });

function kill({ pid, code }: Started): void {
  if (code !== undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended this moment.
  }
}

describe.runIf(installed)('runs at once that are killed', { timeout: 1_200_000 }, () => {
  beforeAll(() => {
    toy = toyWorkspace(['a'], PIPELINE, config(0));
  });
  afterAll(() => toy.remove());

  it('leave nothing that a plain run does not mend, to the data of a run that nobody disturbed', async () => {
    for (let round = 0; round < Number(process.env.KILLS ?? 1); round++) {
      const moment = (i: number) => addressed(0, round, i).next();
      toy.write('configs/toy.json', config(round));
      const runs: Started[] = [];
      for (const [i, target] of TARGETS.entries()) {
        runs.push(run(...target));
        await sleep(1500 * moment(i));
      }
      await sleep(3000 * moment(4));
      for (const started of runs) kill(started);
      await Promise.all(runs.map(({ ended }) => ended));
      // Others come and go meanwhile, of whom one may be at work, which says so; or one line tells what to do.
      for (const { code, output } of runs)
        expect(code === 0 || code === -1 || /under way/.test(output), output).toBe(true);
      await outputOf(run());
      const status = await outputOf(toy.start('dvc', ['status', '--json'], 'pipelines/toy'));
      expect(Object.keys(JSON.parse(status) as object)).toEqual(['own-data']);
      const mended = digests();
      await outputOf(run('--from', 'a'));
      expect(digests()).toEqual(mended);
    }
  });
});
