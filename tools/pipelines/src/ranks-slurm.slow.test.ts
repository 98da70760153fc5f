import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { whyNoRanks } from '@simclr/collective/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { processesWith, realWorkspace } from './testing/real-workspace.ts';
import { missingSlurm, startSlurm, type ToySlurm } from './testing/toy-slurm.ts';
import { OFFLINE, outputOf, type ToyWorkspace } from './testing/toy-workspace.ts';

// A real pretraining by two ranks, each on a node of a real Slurm.
const missing = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'))
  ? (missingSlurm() ?? whyNoRanks())
  : 'skipped, as DVC is not installed';
if (missing) console.log(`ranks-slurm.slow.test.ts: ${missing}`);

const MARK = 'SIMCLR_RANKS_SLURM_TEST';
let toy: ToyWorkspace;
let slurm: ToySlurm;
let mark: string;

const start = (launcher: string, ranks: number, ...args: string[]) =>
  toy.start('env', [
    `${MARK}=${mark}`,
    OFFLINE,
    `LAUNCHER=${launcher}`,
    `RANKS=${ranks}`,
    `SLURM_CONF=${slurm.env.SLURM_CONF}`,
    // Both nodes are this machine. Others may need the core that a waiting rank would spin on.
    'SIMCLR_CORES=1',
    'OMPI_MCA_mpi_yield_when_idle=1',
    'node',
    'tools/pipelines/src/main.ts',
    'run',
    'toy',
    ...args,
  ]);
const losses = () => {
  const history = readFileSync(join(toy.root, 'pipelines/toy/out/pretrain/data/history.json'), 'utf8');
  return (JSON.parse(history) as { train: { loss: number }[] }).train.map(({ loss }) => loss);
};

describe.skipIf(missing)('a pretraining by two ranks on two nodes', { timeout: 600_000 }, () => {
  beforeAll(async () => {
    mark = `${process.pid}.${Date.now()}`;
    slurm = await startSlurm(2);
    toy = await realWorkspace({ epochs: 50, logEvery: 1, checkpointSeconds: 0.1 });
  });
  afterAll(async () => {
    await slurm?.stop();
    await toy?.remove();
  });

  it('has the losses of one process', async () => {
    await outputOf(start('local', 1));
    const alone = losses();
    const output = await outputOf(start('slurm', 2, '--force', 'pretrain'));
    expect(output).toMatch(/pretrain: job \d+ of slurm runs on n\[1-2\]/);
    expect(output).toMatch(/pretrain: starts 2 ranks of 1 cores: srun --mpi=pmix .*-n 2/);
    const both = losses();
    expect(both).toHaveLength(113); // 18 images · 50 epochs // 8 + 1
    // Each step of so small a batch makes much more of a difference by rounding.
    for (const [i, bound] of [1e-5, 1e-4, 1e-3].entries())
      expect(Math.abs(both[i]! / alone[i]! - 1), `step ${i + 1}`).toBeLessThan(bound);
    const mean = (values: number[]) => values.slice(-20).reduce((sum, loss) => sum + loss, 0) / 20;
    expect(Math.abs(mean(both) / mean(alone) - 1)).toBeLessThan(0.1);
  });

  it('ends with the name of the rank that died, and its node', async () => {
    const killed = start('slurm', 2, '--force', 'pretrain');
    const second = () =>
      processesWith(MARK, mark).find(
        ({ pid, command }) =>
          command.includes('rank.ts') && readFileSync(`/proc/${pid}/environ`, 'utf8').includes('\0SLURM_PROCID=1\0'),
      );
    while (!/threads an op/.test(killed.output) && killed.code === undefined) await sleep(50);
    process.kill(second()!.pid, 'SIGKILL');
    await killed.ended;
    expect([killed.code, killed.output]).toEqual([1, expect.stringMatching(/rank 1 of 2 died: Killed on n2/)]);
    await expect.poll(() => slurm.ask('squeue', '--noheader').trim(), { timeout: 10_000 }).toBe('');
  });
});
