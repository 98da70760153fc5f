import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { whyNoRanks } from '@simclr/collective/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { processesWith, realWorkspace } from './testing/real-workspace.ts';
import { OFFLINE, outputOf, type Started, type ToyWorkspace } from './testing/toy-workspace.ts';

// A real pretraining by two ranks, through the command line: to its end, killed, stopped, gone on with by fewer and by more.
const possible =
  existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc')) &&
  existsSync('/proc/self/environ') &&
  whyNoRanks() === undefined;
if (!possible) console.log('ranks.slow.test.ts skipped: no mpi, no .venv, or no /proc');

const PLAIN = 'MPIRUN=';
const MARK = 'SIMCLR_RANKS_TEST';
const STEPS = 451; // 18 images · 200 epochs // 8 + 1
let toy: ToyWorkspace;
let mark: string;
const out = (path: string) => join(toy.root, 'pipelines/toy/out', path);

const start = (ranks: string, variable: string, command: string, ...args: string[]) =>
  toy.start('env', [
    `${MARK}=${mark}`,
    OFFLINE,
    `RANKS=${ranks}`,
    variable,
    // Others may need the core that a waiting rank would spin on.
    'OMPI_MCA_mpi_yield_when_idle=1',
    'node',
    'tools/pipelines/src/main.ts',
    command,
    'toy',
    ...args,
  ]);

interface History {
  train: { step: number; loss: number }[];
  knn: unknown[];
}
const history = () => JSON.parse(readFileSync(out('pretrain/data/history.json'), 'utf8')) as History;
/** What the journals of the task hold, the last run's last. */
const journal = () =>
  readdirSync(out('pretrain/mlflow')).map((key) => readFileSync(out(`pretrain/mlflow/${key}/journal.jsonl`), 'utf8'));
const rankProcess = (rank: number) =>
  processesWith(MARK, mark).find(
    ({ pid, command }) =>
      command.includes('rank.ts') &&
      readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`OMPI_COMM_WORLD_RANK=${rank}\0`),
  );

/** Waits until a command that has just been started has written a checkpoint and gone some steps further. */
async function underWay(started: Started): Promise<void> {
  const begun = Date.now();
  const written = () => statSync(out('pretrain/work/checkpoint.safetensors'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  while (written() < begun && started.code === undefined) await sleep(20);
  await sleep(100);
  expect(started.code, started.output).toBeUndefined();
}

describe.runIf(possible)('a pretraining by two ranks', { timeout: 900_000 }, () => {
  beforeAll(async () => {
    mark = `${process.pid}.${Date.now()}`;
    toy = await realWorkspace({ epochs: 200, logEvery: 1, checkpointSeconds: 0.1 });
  });
  afterAll(async () => {
    for (const { pid } of processesWith(MARK, mark)) process.kill(pid, 'SIGKILL');
    await toy.remove();
  });

  it('is that of one process within rounding, the same again to the bit, and no other experiment', async () => {
    await outputOf(start('1', PLAIN, 'run'));
    const alone = history();
    expect(await outputOf(start('2', PLAIN, 'run'))).toContain('nothing to do');
    const output = await outputOf(start('2', PLAIN, 'run', '--force', 'pretrain'));
    expect(output).toMatch(/pretrain: starts 2 ranks of \d+ cores: mpirun .*-n 2/);
    const both = history();
    expect(both.train.map(({ step }) => step)).toEqual(alone.train.map(({ step }) => step));
    expect(both.knn).toHaveLength(alone.knn.length);
    // Each step of so small a batch makes much more of a difference by rounding.
    for (const [i, bound] of [1e-5, 1e-4, 1e-3].entries())
      expect(Math.abs(both.train[i]!.loss / alone.train[i]!.loss - 1), `step ${i + 1}`).toBeLessThan(bound);
    const mean = ({ train }: History) => train.slice(-20).reduce((sum, { loss }) => sum + loss, 0) / 20;
    expect(Math.abs(mean(both) / mean(alone) - 1)).toBeLessThan(0.1);
    expect(journal().join()).toContain('"machine.ranks":"2"');
    expect(await outputOf(start('2', PLAIN, 'verify', 'pretrain'))).toContain('pretrain');
  });

  it('that loses one ends with its name, and goes on where it was', async () => {
    const killed = start('2', PLAIN, 'run', '--force', 'pretrain');
    await underWay(killed);
    process.kill(rankProcess(1)!.pid, 'SIGKILL');
    await killed.ended;
    expect([killed.code, killed.output]).toEqual([1, expect.stringMatching(/rank 1 of 2 died: signal 9 \(Killed\)/)]);
    expect(rankProcess(0)).toBeUndefined();

    const stopped = start('2', PLAIN, 'run');
    await underWay(stopped);
    expect(stopped.output).toMatch(/pretrain: resuming at step \d+ of 451/);
    process.kill(stopped.pid, 'SIGTERM');
    await stopped.ended;
    expect([stopped.code, stopped.output]).toEqual([
      75,
      expect.stringMatching(/pretrain: interrupted: at step \d+ of 451/),
    ]);
    expect(processesWith(MARK, mark)).toEqual([]);

    const alone = start('1', PLAIN, 'run');
    await underWay(alone);
    expect(alone.output).toMatch(/pretrain: resumes on another machine: .*machine\.ranks 2 → 1/);
    process.kill(alone.pid, 'SIGTERM');
    await alone.ended;
    expect(alone.code, alone.output).toBe(75);

    const output = await outputOf(start('2', PLAIN, 'run'));
    expect(output).toMatch(/pretrain: resumes on another machine: .*machine\.ranks 1 → 2/);
    expect(history().train.map(({ step }) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
  });

  it.each([
    ['3', PLAIN, 'invalid ranks: RANKS is 3. expected a divisor of pretrain.batch, 8'],
    ['two', PLAIN, 'invalid RANKS: two. expected a number of processes: 1, 2, …'],
    ['2', 'MPIRUN=/nowhere/mpirun', 'pretrain: cannot start ranks: spawn /nowhere/mpirun ENOENT. MPIRUN names what'],
    [
      '2',
      'MPI_LIB=/nowhere/libmpi.so.40',
      'pretrain: no mpi: found none of /nowhere/libmpi.so.40. install one (apt-get',
    ],
  ])('says in a line what is missing or cannot be: RANKS=%s %s', async (ranks, variable, message) => {
    const refused = start(ranks, variable, 'run', '--force', 'pretrain');
    await refused.ended;
    expect([refused.code, refused.output]).toEqual([1, expect.stringContaining(message)]);
  });
});
