import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { testJobs } from './testing/jobs-contract.ts';
import { jobsOf, MANY, type ScheduledToy, scheduledToy, until } from './testing/scheduled-toy.ts';
import { missingSlurm, startSlurm, type ToySlurm } from './testing/toy-slurm.ts';
import { outputOf } from './testing/toy-workspace.ts';

const IDS = ['a', 'b@x', 'b@y'];

const missing = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'))
  ? missingSlurm()
  : 'skipped, as DVC is not installed';
if (missing) console.log(`slurm.slow.test.ts: ${missing}`);

let toy: ScheduledToy;
let slurm: ToySlurm;
/** The jobs that are not over. */
const left = () => slurm.ask('squeue', '--noheader', '--format=%A').split('\n').filter(Boolean);
const three = MANY.slice(0, 3);
const again = (job: string) => new RegExp(`^slow: job ${job} of slurm runs on (n\\d), started anew 1 times$`, 'm');
/** From a checkpoint, in a copy of its job. */
function expectGoingOn(restart: number): void {
  const [step, restarts] = toy.starts().at(-1)!;
  expect([step! > 5, restarts]).toEqual([true, restart]);
}

describe.skipIf(missing)('stages as jobs of Slurm', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    // Two of them are lost on the way.
    slurm = await startSlurm(4);
    toy = scheduledToy('slurm', slurm.env);
    toy.configure({ value: 1 });
  });
  afterAll(async () => {
    await slurm?.stop();
    await toy?.remove();
  });

  it('make what stages make on this machine; a second run has nothing to do', async () => {
    const output = await outputOf(toy.run('a', 'b'));
    for (const id of IDS) expect(output).toMatch(new RegExp(`${id}: submitted: job \\d+(_\\d)? of slurm\\n`));
    expect(output).toContain('a: starts');
    const made = IDS.map(toy.digest);
    expect(await outputOf(toy.run('a', 'b'))).toContain('nothing to do: all 3 stages are up to date');
    const here = await outputOf(toy.here('--from', 'a', 'a', 'b'));
    expect(here).not.toContain('slurm');
    expect(IDS.map(toy.digest)).toEqual(made);
  });

  it('that are items of a matrix are one array: twelve of a second each', async () => {
    const output = await outputOf(toy.run('many'));
    const jobs = jobsOf(output, MANY);
    const [array] = jobs[0]!.split('_');
    expect(jobs).toEqual(MANY.map((_, i) => `${array}_${i}`));
    for (const [i, id] of MANY.entries())
      expect(JSON.parse(readFileSync(toy.at(id, 'data/result.json'), 'utf8'))).toEqual({ sum: 20 * (i + 1) });
    expect(await outputOf(toy.run('many'))).toContain('nothing to do: all 12 stages are up to date');
  });

  it('of an array are taken up again where the run was killed, end with one that is stopped, and go on', async () => {
    toy.configure({ value: 1, manySteps: 400 });
    const killed = toy.run(...three);
    await until(() => three.every((id) => toy.checkpoint(id) > 5), killed);
    process.kill(killed.pid, 'SIGKILL');
    await killed.ended;
    const jobs = jobsOf(killed.output, three);
    const next = toy.run(...three);
    const takenUp = (i: number) => next.output.includes(`${three[i]}: takes up job ${jobs[i]} of slurm again`);
    await until(() => three.every((_, i) => takenUp(i)), next);
    process.kill(next.pid, 'SIGINT');
    await next.ended;
    expect([next.code, slurm.ask('squeue', '--noheader')], next.output).toEqual([75, '']);
    const output = await outputOf(toy.run(...three));
    for (const id of three) expect(output).toContain(`${id}: resumes`);
    expect(new Set(jobsOf(output, three).map((id) => id!.split('_')[0])).size).toBe(1);
    expect(readdirSync(toy.at('.jobs', '')).filter((name) => name.endsWith('.txt'))).toEqual([]);
  });

  testJobs('slurm', () => toy, left);

  it('that Slurm requeues, as where others go before, write their checkpoints and go on in another copy', async () => {
    const { started, job } = await toy.begun(25);
    slurm.ask('scontrol', 'requeue', job);
    const output = await outputOf(started);
    expect(output).toContain('slow: resumes');
    expect(output).toMatch(again(job));
    expectGoingOn(1);
  });

  it('of which the second copy ends without a word, as where the end of the first is told late, go on in new ones', async () => {
    const { started, job } = await toy.begun(26, 300);
    slurm.ask('scontrol', 'requeue', job);
    await until(() => again(job).test(started.output) && toy.starts().at(-1)![1] === 1, started);
    slurm.ask('scancel', '--full', '--signal=KILL', job);
    const [, after] = (await outputOf(started)).split('slow: goes on from its checkpoint in a new job');
    expect(jobsOf(after!, ['slow'])).not.toEqual([job]);
    expectGoingOn(0);
  });

  it('of which the time is up go on in new ones', async () => {
    // Of two minutes, the last one and a half are for the checkpoint.
    process.env.SBATCH_TIMELIMIT = '2';
    const { started, job } = await toy.begun(27, 1500);
    delete process.env.SBATCH_TIMELIMIT;
    const output = await outputOf(started);
    const [, after] = output.split('slow: goes on from its checkpoint in a new job');
    expect(jobsOf(after!, ['slow'])).not.toEqual([job]);
    expectGoingOn(0);
  });

  it('of a node that dies are started anew by Slurm, from their checkpoints', async () => {
    const { started, node, job } = await toy.begun(30);
    slurm.killNode(node);
    expect(again(job).exec(await outputOf(started))![1]).not.toBe(node);
    expectGoingOn(1);
    const made = toy.digest('slow');
    await outputOf(toy.here('--force', 'slow', 'slow'));
    expect(toy.digest('slow')).toBe(made);
  });

  it('that Slurm gave up though they are at work end, and publish nothing', async () => {
    const { started, node, job } = await toy.begun(40, 800);
    slurm.killDaemon(node);
    const output = await outputOf(started);
    expect(output).toContain('slow: this copy of the job was given up by slurm and ends: another one has the work');
    expect(output).toMatch(again(job));
    expectGoingOn(1);
  });
});
