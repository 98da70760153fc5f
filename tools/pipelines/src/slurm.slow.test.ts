import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { missingSlurm, startSlurm, type ToySlurm } from './testing/toy-slurm.ts';
import { OFFLINE, outputOf, type Started, type ToyWorkspace, toyWorkspace } from './testing/toy-workspace.ts';

const PIPELINE = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a], resources: { cpu: 1, memory: 0.5 } }
  b: { run: '@toy/a', params: [b], needs: [a], matrix: { any: [x, y] }, resources: { cpu: 1 } }
  slow: { run: '@toy/slow', params: [slow], resources: { cpu: 1 } }
`;
const IDS = ['a', 'b@x', 'b@y'];

// Notes where it is after each step, as training does; and each start, of which the result says nothing.
const SLOW = `import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineStage, Interrupted, writeJson, z } from '@simclr/stage';

export default defineStage({
  name: 'slow',
  config: z.strictObject({ value: z.number(), steps: z.int() }),
  async run({ config, out, work, log, signal }) {
    const checkpoint = work + '/checkpoint.json';
    let step = existsSync(checkpoint) ? JSON.parse(readFileSync(checkpoint, 'utf8')).step : 0;
    const { SLURMD_NODENAME, SLURM_JOB_ID, SLURM_RESTART_COUNT = '0' } = process.env;
    appendFileSync(work + '/../starts', [step, SLURMD_NODENAME, SLURM_JOB_ID, SLURM_RESTART_COUNT].join(' ') + '\\n');
    for (; step < config.steps; step++) {
      await sleep(50);
      log.metrics({ loss: 1 / (step + 1) }, step);
      writeJson(checkpoint, { step: step + 1 });
      if (signal.aborted) throw new Interrupted();
    }
    writeJson(out + '/result.json', { sum: config.value * config.steps });
    return { metrics: { value: config.value } };
  },
});
`;

const missing = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'))
  ? missingSlurm()
  : 'skipped, as DVC is not installed';
if (missing) console.log(`slurm.slow.test.ts: ${missing}`);

let toy: ToyWorkspace;
let slurm: ToySlurm;
const start = (launcher: string, ...args: string[]) =>
  toy.start('env', [
    OFFLINE,
    `LAUNCHER=${launcher}`,
    `SLURM_CONF=${slurm.env.SLURM_CONF}`,
    'node',
    'tools/pipelines/src/main.ts',
    'run',
    'toy',
    ...args,
  ]);
const run = (...args: string[]) => start('slurm', ...args);
const at = (id: string, name: string) => join(toy.root, 'pipelines/toy/out', id.replace('@', '/'), name);
const digest = (id: string) =>
  (JSON.parse(readFileSync(at(id, 'data/manifest.json'), 'utf8')) as { digest: string }).digest;
const configure = (slow: { value: number; steps?: number }, fail = false) =>
  toy.write('configs/toy.json', { seed: 1, a: { value: 2, fail }, b: {}, slow: { steps: 100, ...slow } });
/** Each start of the slow stage: step, node, job, restart. */
const starts = () =>
  existsSync(at('slow', 'starts'))
    ? readFileSync(at('slow', 'starts'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
    : [];
const jobs = () => slurm.ask('squeue', '--noheader', '--format=%A').trim();

async function until(holds: () => boolean, started?: Started): Promise<void> {
  while (!holds()) {
    if (started && started.code !== undefined) throw new Error(`ended before: ${started.output}`);
    await sleep(50);
  }
}
const checkpoint = () => {
  const file = at('slow', 'work/checkpoint.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { step: number }).step : 0;
};
/** Runs the slow stage until it has some steps behind it. */
async function begun(value: number, steps = 100): Promise<{ started: Started; node: string; job: string }> {
  configure({ value, steps });
  const before = starts().length;
  const started = run('slow');
  await until(() => starts().length > before && checkpoint() > 5, started);
  const [, node, job] = starts().at(-1)!;
  return { started, node: node!, job: job! };
}

describe.skipIf(missing)('stages as jobs of Slurm', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    // Two of them are lost on the way.
    slurm = await startSlurm(4);
    toy = toyWorkspace(['a', 'slow'], PIPELINE, {});
    toy.write('packages/slow/src/stage.ts', SLOW);
    configure({ value: 1 });
  });
  afterAll(async () => {
    await slurm?.stop();
    await toy?.remove();
  });

  it('make what stages make on this machine; a second run has nothing to do', async () => {
    const output = await outputOf(run('a', 'b'));
    for (const id of IDS) expect(output).toMatch(new RegExp(`${id}: job \\d+ of slurm runs on n\\d\\n`));
    expect(output).toContain('a: starts');
    const made = IDS.map(digest);
    expect(await outputOf(run('a', 'b'))).toContain('nothing to do: all 3 stages are up to date');
    const here = await outputOf(start('local', '--from', 'a', 'a', 'b'));
    expect(here).not.toContain('slurm');
    expect(IDS.map(digest)).toEqual(made);
  });

  it('that fail say why, and the run ends with 1', async () => {
    configure({ value: 1 }, true);
    const failed = run('a', 'b');
    await failed.ended;
    expect(failed.code, failed.output).toBe(1);
    expect(failed.output).toContain('a: failed: Error: asked to fail');
    expect(failed.output).toContain('failed: a. correct it and run again');
    expect(jobs()).toBe('');
  });

  it('end with the run that is stopped, and go on from their checkpoints', async () => {
    const { started } = await begun(10);
    process.kill(started.pid, 'SIGINT');
    await started.ended;
    expect(started.code, started.output).toBe(75);
    expect(started.output).toContain('stopping: slow writes a checkpoint');
    expect(jobs()).toBe('');
    const step = checkpoint();
    expect(step).toBeGreaterThan(5);
    expect(await outputOf(run('slow'))).toContain('slow: resumes');
    expect(starts().at(-1)![0]).toBe(String(step));
  });

  it('go on by themselves where the run was killed; the next takes them up again', async () => {
    const { started, job } = await begun(20);
    process.kill(started.pid, 'SIGKILL');
    await started.ended;
    const before = starts().length;
    expect(await outputOf(run('slow'))).toContain(`slow: takes up job ${job} of slurm again`);
    expect(starts()).toHaveLength(before);
    expect(await outputOf(run('slow'))).toContain('nothing to do');
  });

  it('that Slurm requeues, as where others go before, write their checkpoints and go on in another copy', async () => {
    const { started, job } = await begun(25);
    slurm.ask('scontrol', 'requeue', job);
    expect(await outputOf(started)).toContain('slow: resumes');
    const [step, , same, restart] = starts().at(-1)!;
    expect([same, restart]).toEqual([job, '1']);
    expect(Number(step)).toBeGreaterThan(5);
  });

  it('of which the time is up go on in new ones', async () => {
    // Of two minutes, the last one and a half are for the checkpoint.
    process.env.SBATCH_TIMELIMIT = '2';
    const { started, job } = await begun(27, 1500);
    delete process.env.SBATCH_TIMELIMIT;
    expect(await outputOf(started)).toContain('slow: goes on from its checkpoint in a new job');
    const [step, , other, restart] = starts().at(-1)!;
    expect([other !== job, restart]).toEqual([true, '0']);
    expect(Number(step)).toBeGreaterThan(5);
  });

  it('of a node that dies are started anew by Slurm, from their checkpoints', async () => {
    const { started, node, job } = await begun(30);
    slurm.killNode(node);
    expect(await outputOf(started)).toContain(`job ${job} of slurm runs on`);
    const [step, other, same, restart] = starts().at(-1)!;
    expect([other !== node, same, restart]).toEqual([true, job, '1']);
    expect(Number(step)).toBeGreaterThan(5);
    const made = digest('slow');
    await outputOf(start('local', '--force', 'slow', 'slow'));
    expect(digest('slow')).toBe(made);
  });

  it('that Slurm gave up though they are at work end, and publish nothing', async () => {
    const { started, node, job } = await begun(40, 800);
    slurm.killDaemon(node);
    const output = await outputOf(started);
    expect(output).toContain('slow: this copy of the job was given up by slurm and ends: another one has the work');
    expect(starts().at(-1)!.slice(2)).toEqual([job, '1']);
  });
});
