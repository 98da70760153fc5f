import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { testJobs } from './testing/jobs-contract.ts';
import { jobsOf, MANY, type ScheduledToy, scheduledToy } from './testing/scheduled-toy.ts';
import { startKubernetes, type ToyKubernetes } from './testing/toy-kubernetes.ts';
import { outputOf } from './testing/toy-workspace.ts';

// The server is a stand-in, see toy-jobs.ts: what it shows of a cluster is what it was written to do. All else is real.
const IDS = ['a', 'b@x', 'b@y'];
const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
if (!installed) console.log('kubernetes.slow.test.ts: skipped, as DVC is not installed');

let toy: ScheduledToy;
let kubernetes: ToyKubernetes;
const pods = (job: string) => {
  const [, name, index] = job.split('/');
  const label = 'batch.kubernetes.io/job-';
  return kubernetes.jobs.pods('studies', `${label}name=${name},${label}completion-index=${index}`);
};
/** The Jobs that are not over. */
const left = () =>
  [...kubernetes.jobs.kept.values()]
    .filter(({ pods }) => pods.some(({ child }) => child))
    .map(({ job }) => job.metadata!.name);
/** From a checkpoint, in another pod. */
function expectGoingOn(output: string, job: string, from: string, by: string): void {
  const again = new RegExp(`^slow: job ${job} of kubernetes runs on (n\\d), started anew 1 times$`, 'm');
  expect(again.exec(output)![1]).not.toBe(from);
  expect(output).toContain('slow: resumes');
  const [step, restarts] = toy.starts().at(-1)!;
  expect([step! > 5, restarts], by).toEqual([true, 1]);
}

describe.skipIf(!installed)('stages as jobs of Kubernetes', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    // Two of them are lost on the way.
    kubernetes = await startKubernetes([2, 2, 2, 2]);
    toy = scheduledToy('kubernetes', kubernetes.env);
    toy.configure({ value: 1 });
  });
  afterAll(async () => {
    await kubernetes?.stop();
    await toy?.remove();
  });

  it('make what stages make on this machine; a second run has nothing to do', async () => {
    const output = await outputOf(toy.run('a', 'b'));
    for (const id of IDS) expect(output).toMatch(new RegExp(`${id}: submitted: job studies/\\S+/\\d of kubernetes\\n`));
    expect(output).toContain('a: starts');
    const made = IDS.map(toy.digest);
    expect(await outputOf(toy.run('a', 'b'))).toContain('nothing to do: all 3 stages are up to date');
    await outputOf(toy.here('--from', 'a', 'a', 'b'));
    expect(IDS.map(toy.digest)).toEqual(made);
    // A Job a stage: the items of b are one.
    expect(kubernetes.sent.map(({ spec }) => spec!.completions)).toEqual([1, 2]);
    expect(kubernetes.sent[0]!.spec!.template.spec!.containers[0]!.resources).toMatchObject({
      limits: { cpu: '1', memory: '512Mi' },
    });
  });

  it('that are items of a matrix are one Job: twelve, eight at a time', async () => {
    const output = await outputOf(toy.run('many'));
    const { name } = kubernetes.sent.at(-1)!.metadata!;
    expect(jobsOf(output, MANY)).toEqual(MANY.map((_, i) => `studies/${name}/${i}`));
    for (const [i, id] of MANY.entries())
      expect(JSON.parse(readFileSync(toy.at(id, 'data/result.json'), 'utf8'))).toEqual({ sum: 20 * (i + 1) });
  });

  testJobs('kubernetes', () => toy, left);

  it('that are evicted write their checkpoints, and go on in another pod', async () => {
    const { started, job } = await toy.begun(25);
    kubernetes.jobs.evict(pods(job).at(-1)!);
    expectGoingOn(await outputOf(started), job, '', 'eviction');
  });

  it('of a node that is lost go on elsewhere, from their checkpoints, to the same result', async () => {
    const { started, node, job } = await toy.begun(30);
    kubernetes.jobs.loseNode(node);
    expectGoingOn(await outputOf(started), job, node, 'loss');
    const made = toy.digest('slow');
    await outputOf(toy.here('--force', 'slow', 'slow'));
    expect(toy.digest('slow')).toBe(made);
  });

  it('that were given up though they are at work end, and publish nothing', async () => {
    const { started, node, job } = await toy.begun(40, 800);
    kubernetes.jobs.cutOff(node);
    const output = await outputOf(started);
    expect(output).toContain(
      'slow: this copy of the job was given up by kubernetes and ends: another one has the work',
    );
    expectGoingOn(output, job, node, 'cut off');
  });
});
