import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { IMAGE, startKubernetes, type ToyKubernetes } from '../testing/toy-kubernetes.ts';
import { missingSlurm, startSlurm, type ToySlurm } from '../testing/toy-slurm.ts';
import { kubernetesLauncher } from './kubernetes-launcher.ts';
import { type Batch, type Job, logOf, type ScheduledJob, type Scheduler } from './launcher.ts';
import { launcher, requireContainer, scheduler } from './launchers.ts';
import { localLauncher } from './local-launcher.ts';
import { processOf } from './process-id.ts';
import { resourceOptions, slurmLauncher } from './slurm-launcher.ts';
import { ownJob } from './this-copy.ts';

let dir: string;
let slurm: ToySlurm | undefined;
let kubernetes: ToyKubernetes;
const missing = missingSlurm();
beforeAll(async () => {
  kubernetes = await startKubernetes([2]);
  process.env.KUBECONFIG = kubernetes.env.KUBECONFIG;
  await kubernetesLauncher.find('nobody', 0); // Loads the client.
  if (missing) return console.log(`launcher.test.ts: jobs of Slurm ${missing}`);
  slurm = await startSlurm(1);
  process.env.SLURM_CONF = slurm.env.SLURM_CONF;
});
afterAll(async () => {
  await kubernetes?.stop();
  await slurm?.stop();
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'launcher-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A batch of these programs. */
const batch = (...sources: string[]): Batch => ({
  name: 'test',
  cwd: dir,
  resources: { cpu: 1 },
  commands: sources.map((source, i) => ({
    program: process.execPath,
    args: ['-e', source],
    env: { GREETING: `it's me, ${i}` },
  })),
  container: { image: IMAGE, volumeClaim: 'checkouts' },
  log: join(dir, 'log'),
});
/** As another process finds it in the session. */
const asFound = <J extends Job>(job: J): J => JSON.parse(JSON.stringify(job));
async function untilThere(file: string): Promise<void> {
  while (!existsSync(join(dir, file))) await sleep(10);
}

const all: [string, Scheduler][] = [['kubernetes', kubernetesLauncher]];
if (!missing) all.push(['slurm', slurmLauncher]);

// What any scheduler does.
describe.each(all)('%s jobs', (_name, launcher) => {
  const ended = (job: ScheduledJob, index = 0) => launcher.wait(asFound(job), logOf(join(dir, 'log'), index), () => {});
  const submit = async (source: string) => (await launcher.submit(batch(source)))[0]!;

  it('run in their folder, with their environment, and end with what they said', async () => {
    const job = await submit('console.log(process.env.GREETING); console.error(process.cwd())');
    const { code, said } = await ended(job);
    expect(code).toBe(0);
    expect(said.split('\n').sort()).toEqual(['', dir, "it's me, 0"].sort());
    expect(await launcher.alive(asFound(job))).toBe(false);
  });

  it('of one batch are jobs of their own', async () => {
    const jobs = await launcher.submit(batch('process.exitCode = 3', 'console.log(process.env.GREETING)'));
    const all = await Promise.all(jobs.map((job, i) => ended(job, i)));
    expect(all.map(({ code }) => code)).toEqual([3, 0]);
    expect(all[1]!.said).toBe("it's me, 1\n");
  });

  it('that fail say the last of it', async () => {
    const job = await submit(
      "process.stdout.write('x'.repeat(2e5), () => { console.log('the reason'); process.exitCode = 3 })",
    );
    const { code, said } = await ended(job);
    expect([code, said.length, said.slice(-11)]).toEqual([3, 64_000, 'the reason\n']);
  });

  it('are alive until they are stopped, for which they have time', async () => {
    const job = await submit(`const { writeFileSync } = require('node:fs');
      process.on('SIGTERM', () => setTimeout(() => { writeFileSync('saved', ''); process.exit(75); }, 50));
      setInterval(() => {}, 1000);
      writeFileSync('begun', '');`);
    await untilThere('begun');
    expect(await launcher.alive(asFound(job))).toBe(true);
    await launcher.cancel(asFound(job), 'stop');
    expect((await ended(job)).code).toBe(launcher === kubernetesLauncher ? undefined : 75); // A Job that was deleted is gone.
    expect([existsSync(join(dir, 'saved')), await launcher.alive(job)]).toEqual([true, false]);
    await launcher.cancel(job, 'stop'); // Nothing is there to stop.
  });

  it('are killed though they do not listen', async () => {
    const job = await submit(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);
      require('node:fs').writeFileSync('begun', '');`);
    await untilThere('begun');
    await launcher.cancel(job, 'stop');
    expect(await launcher.alive(job)).toBe(true);
    await launcher.cancel(asFound(job), 'kill');
    expect((await ended(job)).code).toBe(launcher === kubernetesLauncher ? undefined : -1);
  });
});

it('a local job knows itself', async () => {
  expect(await launcher.alive(ownJob())).toBe(true);
});

it('a local job is stopped, for which it has time, and is not another process that has its pid', async () => {
  const source =
    "process.on('SIGTERM', () => setTimeout(() => process.exit(75), 50)); setTimeout(() => {}, 1e6); console.log()";
  const child = spawn(process.execPath, ['-e', source]);
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  const job = processOf(child.pid!);
  const other = { ...job, start: 'another' };
  expect(await localLauncher.alive(other)).toBe(false);
  await localLauncher.cancel(other, 'kill');
  expect(await localLauncher.alive(job)).toBe(true);
  await localLauncher.cancel(job, 'stop');
  expect(await ended).toEqual([75, null]);
  expect(await localLauncher.alive(job)).toBe(false);
});

it('jobs are local where nothing is said, and a launcher that nobody knows is an error', () => {
  for (const [name, wanted] of [
    ['local', undefined],
    ['', undefined],
    ['slurm', slurmLauncher],
    ['kubernetes', kubernetesLauncher],
  ] as const) {
    vi.stubEnv('LAUNCHER', name);
    expect(scheduler()).toBe(wanted);
  }
  vi.stubEnv('LAUNCHER', 'pbs');
  expect(() => scheduler()).toThrow(/^unknown launcher: LAUNCHER=pbs\. local, slurm or kubernetes$/);
  vi.unstubAllEnvs();
});

describe('jobs of Kubernetes', () => {
  const submit = (change: Partial<Batch>, ...sources: string[]) =>
    kubernetesLauncher.submit({ ...batch(...sources), ...change }) as Promise<[ScheduledJob, ...ScheduledJob[]]>;
  const wait = (job: ScheduledJob, told: string[] = []) =>
    kubernetesLauncher.wait(job, logOf(join(dir, 'log'), 0), (line) => told.push(line));

  it('need an image and a volume, which the pipeline names', () => {
    vi.stubEnv('LAUNCHER', 'kubernetes');
    const missing = /^no image: LAUNCHER=kubernetes needs kubernetes: \{ image, volumeClaim \}\. add it to p\.yaml$/;
    expect(() => requireContainer(undefined, 'p.yaml')).toThrow(missing);
    requireContainer({ image: IMAGE, volumeClaim: 'checkouts' }, 'p.yaml');
    vi.unstubAllEnvs();
    requireContainer(undefined, 'p.yaml');
  });

  it('wait for a node, are found by their name, and are cancelled before they start', async () => {
    const resources = { cpu: 2 };
    const [first] = await submit({ resources, name: 'P.first@a.0a1b2c' }, 'setTimeout(() => {}, 1e6)');
    const [second] = await submit({ resources, name: 'P.waits@b.0a1b2c' }, '');
    expect([second.id, await kubernetesLauncher.find('P.waits@b.0a1b2c', 0)]).toEqual([
      'studies/p-waits-b-0a1b2c/0',
      second,
    ]);
    expect(await kubernetesLauncher.find('nobody', 0)).toBeUndefined();
    const told: string[] = [];
    const ended = wait(second, told);
    while (!told.length) await sleep(50);
    expect(told).toEqual([`job ${second.id} of kubernetes waits: Unschedulable: Insufficient cpu`]);
    await kubernetesLauncher.cancel(second, 'stop');
    expect((await ended).code).not.toBe(0);
    expect(await kubernetesLauncher.alive(second)).toBe(false);
    await kubernetesLauncher.cancel(first, 'kill');
    await wait(first);
  });

  it('say why they do not start, and why they are refused', async () => {
    const [job] = await submit({ container: { image: 'nowhere:1', volumeClaim: 'checkouts' } }, '');
    const told: string[] = [];
    const ended = wait(job, told);
    while (!told.length) await sleep(50);
    expect(told).toEqual([`job ${job.id} of kubernetes waits: ErrImagePull: nowhere:1: not found`]);
    await kubernetesLauncher.cancel(job, 'kill');
    await ended;
    const refused = submit({ name: '-' }, '');
    await expect(refused).rejects.toThrow('kubernetes: Job "" is invalid: name: a label of DNS');
  });

  it('whose pods are evicted or lost with a node, or which end with 75, are started anew, and know how often', async () => {
    const source = `const { SIMCLR_FAILURES, SIMCLR_DISRUPTIONS: before } = process.env;
      console.log(SIMCLR_FAILURES, before);
      if (!before) process.exit(75);
      process.on('SIGTERM', () => process.exit(75));
      require('node:fs').writeFileSync('copy' + before, '');
      if (before === '1') setInterval(() => {}, 1000);`;
    const [job] = await submit({}, source);
    await untilThere('copy1');
    const pods = kubernetes.jobs.pods('studies', 'batch.kubernetes.io/job-name=test');
    kubernetes.jobs.evict(pods.at(-1)!);
    const told: string[] = [];
    expect(await wait(job, told)).toEqual({ code: 0, said: '0 2\n' });
  });
});

it('what a stage takes of a node is what pipeline.yaml says', () => {
  expect(resourceOptions({ cpu: 2.5, memory: 1.5, gpu: 1 })).toEqual([
    '--nodes=1',
    '--ntasks=1',
    '--cpus-per-task=3',
    '--mem=1536M',
    '--gres=gpu:1',
  ]);
  expect(resourceOptions({})).toEqual(['--nodes=1', '--ntasks=1', '--exclusive']);
  expect(resourceOptions({}, 2)).toEqual(['--nodes=2', '--ntasks=2', '--exclusive']);
  expect(resourceOptions({ cpu: 4 }, 16)).toEqual(['--ntasks=16', '--cpus-per-task=4']);
});

describe.skipIf(missing)('jobs of Slurm', () => {
  const wait = (job: ScheduledJob, told: string[] = []) =>
    slurmLauncher.wait(job, logOf(join(dir, 'log'), 0), (line) => told.push(line));

  it('wait for a node, are found by their name, and are cancelled before they start', async () => {
    const [first] = await slurmLauncher.submit({ ...batch('setTimeout(() => {}, 1e6)'), resources: { cpu: 2 } });
    const [second] = await slurmLauncher.submit({ ...batch(''), name: 'waits', resources: { cpu: 2 } });
    expect(await slurmLauncher.find('waits', 0)).toEqual(second);
    expect(await slurmLauncher.find('nobody', 0)).toBeUndefined();
    const told: string[] = [];
    const ended = wait(second!, told);
    while (!told.length) await sleep(50);
    await slurmLauncher.cancel(second!, 'stop');
    expect((await ended).code).toBe(-1);
    expect(told.at(-1)).toBe(`job ${second!.id} of slurm has ended: CANCELLED`);
    await slurmLauncher.cancel(first!, 'kill');
    await wait(first!);
  });

  it('of one array are found, told apart and cancelled one by one, whether they wait or run', async () => {
    const endless = "require('node:fs').writeFileSync(process.env.SLURM_ARRAY_TASK_ID, ''); setTimeout(() => {}, 1e6)";
    const jobs = await slurmLauncher.submit({ ...batch(endless, endless, endless), name: 'array' });
    const [first, second, third] = jobs as [ScheduledJob, ScheduledJob, ScheduledJob];
    expect([second.id.replace(/^\d+/, ''), await slurmLauncher.find('array', 1)]).toEqual(['_1', second]);
    const alive = () => Promise.all(jobs.map(slurmLauncher.alive));
    // Two cores: the third waits.
    for (const name of ['0', '1']) await untilThere(name);
    await slurmLauncher.cancel(third, 'stop');
    expect((await wait(third)).code).toBe(-1);
    expect(await alive()).toEqual([true, true, false]);
    await slurmLauncher.cancel(first, 'kill');
    expect((await wait(first)).code).toBe(-1);
    expect(await alive()).toEqual([false, true, false]);
    await slurmLauncher.cancel(second, 'kill');
    await wait(second);
    expect(existsSync(join(dir, '2'))).toBe(false);
  });

  it('that the controller has forgotten ended as the accounting says, where there is one', async () => {
    const forgotten: ScheduledJob = { scheduler: 'slurm', id: '999999_3' };
    expect((await wait(forgotten)).code).toBeUndefined();
    // Stands for an accounting, of which there is none here; its form is sacct's.
    const sacct = '#!/bin/sh\n[ "$4" = --jobs=999999_3 ] && [ "$5" = --format=State,ExitCode ] && echo "$SACCT"\n';
    writeFileSync(join(dir, 'sacct'), sacct, { mode: 0o755 });
    vi.stubEnv('PATH', `${dir}:${process.env.PATH}`);
    for (const [line, code] of [
      ['COMPLETED|0:0', 0],
      ['FAILED|75:0', 75],
      ['CANCELLED by 1000|0:0', -1],
      ['OUT_OF_MEMORY|0:125', -1],
    ] as const) {
      vi.stubEnv('SACCT', line);
      expect((await wait(forgotten)).code, line).toBe(code);
    }
    vi.unstubAllEnvs();
  });

  it('that Slurm refuses are an error of one line', async () => {
    vi.stubEnv('SBATCH_PARTITION', 'nowhere');
    const refused = slurmLauncher.submit(batch(''));
    await expect(refused).rejects.toThrow(/^slurm: sbatch: error: invalid partition specified: nowhere$/);
    vi.unstubAllEnvs();
  });
});
