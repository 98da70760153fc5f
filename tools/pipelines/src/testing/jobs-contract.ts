import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { ScheduledToy } from './scheduled-toy.ts';
import { outputOf } from './toy-workspace.ts';

/**
 * Tests of what holds of jobs, whatever scheduler has them: of one that fails, of a run that is stopped, of one that is killed.
 * @param left the jobs that are not over
 */
export function testJobs(scheduler: 'slurm' | 'kubernetes', toy: () => ScheduledToy, left: () => unknown[]): void {
  it('that fail say why, and the run ends with 1', async () => {
    toy().configure({ value: 1, fail: true });
    const failed = toy().run('a', 'b');
    await failed.ended;
    expect(failed.code, failed.output).toBe(1);
    expect(failed.output).toContain('a: failed: Error: asked to fail');
    expect(failed.output).toContain('failed: a. correct it and run again');
    expect(left()).toEqual([]);
  });

  it('end with the run that is stopped, and go on from their checkpoints', async () => {
    const { started } = await toy().begun(10);
    process.kill(started.pid, 'SIGINT');
    await started.ended;
    expect(started.code, started.output).toBe(75);
    expect(started.output).toContain('stopping: slow writes a checkpoint');
    expect(left()).toEqual([]);
    const step = toy().checkpoint('slow');
    expect(step).toBeGreaterThan(5);
    expect(await outputOf(toy().run('slow'))).toContain('slow: resumes');
    expect(toy().starts().at(-1)![0]).toBe(step);
  });

  it('go on by themselves where the run was killed; the next takes them up again', async () => {
    const { started, job } = await toy().begun(20);
    process.kill(started.pid, 'SIGKILL');
    await started.ended;
    const before = toy().starts().length;
    expect(await outputOf(toy().run('slow'))).toContain(`slow: takes up job ${job} of ${scheduler} again`);
    expect(toy().starts()).toHaveLength(before);
    expect(await outputOf(toy().run('slow'))).toContain('nothing to do');
    expect(readdirSync(toy().at('.jobs', '')).filter((name) => name.endsWith('.txt'))).toEqual([]);
  });
}
