import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { missingSlurm, startSlurm, type ToySlurm } from '../testing/toy-slurm.ts';
import type { Command, Job, Launcher } from './launcher.ts';
import { scheduler } from './launchers.ts';
import { localLauncher } from './local-launcher.ts';
import { processOf } from './process-id.ts';
import { resourceOptions, slurmLauncher } from './slurm-launcher.ts';

let dir: string;
let slurm: ToySlurm | undefined;
const missing = missingSlurm();
beforeAll(async () => {
  if (missing) return console.log(`launcher.test.ts: jobs of Slurm ${missing}`);
  slurm = await startSlurm(1);
  process.env.SLURM_CONF = slurm.env.SLURM_CONF;
});
afterAll(() => slurm?.stop());
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'launcher-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const script = (source: string): Command => ({
  name: 'test',
  program: process.execPath,
  args: ['-e', source],
  cwd: dir,
  env: { ...process.env, GREETING: 'hello' },
  resources: { cpu: 1 },
  log: join(dir, 'log.txt'),
});
/** As another process finds it in the session. */
const asFound = (job: Job): Job => JSON.parse(JSON.stringify(job));
async function untilThere(file: string): Promise<void> {
  while (!existsSync(join(dir, file))) await sleep(10);
}

/** As Nx starts them: a child of ours. */
async function startLocal({ program, args, cwd, env }: Command) {
  const child = spawn(program, args, { cwd, env, stdio: 'ignore' });
  const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)));
  await once(child, 'spawn');
  return { job: processOf(child.pid!), ended };
}
async function submit(command: Command) {
  const job = await slurmLauncher.submit(command);
  return { job, ended: slurmLauncher.wait(job, join(dir, 'log.txt'), () => {}).then(({ code }) => code) };
}
type Start = (command: Command) => Promise<{ job: Job; ended: Promise<number | undefined> }>;

const all: [string, Launcher, Start][] = [['local', localLauncher as Launcher, startLocal]];
if (!missing) all.push(['slurm', slurmLauncher as Launcher, submit]);

// What any launcher does.
describe.each(all)('%s jobs', (_name, launcher, start) => {
  it('are alive until they are stopped, for which they have time', async () => {
    const source = `const { writeFileSync } = require('node:fs');
      process.on('SIGTERM', () => setTimeout(() => { writeFileSync('saved', ''); process.exit(75); }, 50));
      setInterval(() => {}, 1000);
      writeFileSync('begun', '');`;
    const { job, ended } = await start(script(source));
    await untilThere('begun');
    expect(launcher.alive(asFound(job))).toBe(true);
    launcher.cancel(asFound(job), 'stop');
    expect(await ended).toBe(75);
    expect([existsSync(join(dir, 'saved')), launcher.alive(job)]).toEqual([true, false]);
    launcher.cancel(job, 'stop'); // Nothing is there to stop.
  });

  it('are killed though they do not listen', async () => {
    const source = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);
      require('node:fs').writeFileSync('begun', '');`;
    const { job, ended } = await start(script(source));
    await untilThere('begun');
    launcher.cancel(job, 'stop');
    expect(launcher.alive(job)).toBe(true);
    launcher.cancel(asFound(job), 'kill');
    expect(await ended).toBe(-1);
  });
});

it('a local job knows itself', () => {
  expect(localLauncher.alive(localLauncher.own())).toBe(true);
});

it('a process that has the pid of a local job is not that job', async () => {
  const { job, ended } = await startLocal(script('setTimeout(() => {}, 1e6)'));
  const other = { ...job, start: 'another' };
  expect(localLauncher.alive(other)).toBe(false);
  localLauncher.cancel(other, 'kill');
  expect(localLauncher.alive(job)).toBe(true);
  localLauncher.cancel(job, 'kill');
  await ended;
});

it('jobs are local where nothing is said, and a launcher that nobody knows is an error', () => {
  for (const [name, wanted] of [
    ['local', undefined],
    ['', undefined],
    ['slurm', slurmLauncher],
  ] as const) {
    vi.stubEnv('LAUNCHER', name);
    expect(scheduler()).toBe(wanted);
  }
  vi.stubEnv('LAUNCHER', 'pbs');
  expect(() => scheduler()).toThrow(/^unknown launcher: LAUNCHER=pbs\. local or slurm$/);
  vi.unstubAllEnvs();
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
  it('run in their folder, with their environment, and end with what they said', async () => {
    const job = await slurmLauncher.submit(script('console.log(process.env.GREETING); console.error(process.cwd())'));
    const { code, said } = await slurmLauncher.wait(job, join(dir, 'log.txt'), () => {});
    expect(code).toBe(0);
    expect(said.split('\n').sort()).toEqual(['', dir, 'hello'].sort());
    expect(slurmLauncher.alive(job)).toBe(false);
  });

  it('that fail say the last of it', async () => {
    const job = await slurmLauncher.submit(
      script("process.stdout.write('x'.repeat(2e5), () => { console.log('the reason'); process.exitCode = 3 })"),
    );
    const { code, said } = await slurmLauncher.wait(job, join(dir, 'log.txt'), () => {});
    expect([code, said.length, said.slice(-11)]).toEqual([3, 64_000, 'the reason\n']);
  });

  it('wait for a node, are found by their name, and are cancelled before they start', async () => {
    const first = await slurmLauncher.submit({ ...script('setTimeout(() => {}, 1e6)'), resources: { cpu: 2 } });
    const second = await slurmLauncher.submit({ ...script(''), name: 'waits', resources: { cpu: 2 } });
    expect(slurmLauncher.find('waits')).toEqual(second);
    expect(slurmLauncher.find('nobody')).toBeUndefined();
    const told: string[] = [];
    const ended = slurmLauncher.wait(second, join(dir, 'log.txt'), (line) => told.push(line));
    while (!told.length) await sleep(50);
    slurmLauncher.cancel(second, 'stop');
    expect((await ended).code).toBe(-1);
    expect(told.at(-1)).toBe(`job ${second.slurm} of slurm has ended: CANCELLED`);
    slurmLauncher.cancel(first, 'kill');
    await slurmLauncher.wait(first, '', () => {});
  });

  it('that Slurm refuses are an error of one line', async () => {
    const command = script('');
    const refused = slurmLauncher.submit({ ...command, env: { ...command.env, SBATCH_PARTITION: 'nowhere' } });
    await expect(refused).rejects.toThrow(/^slurm: sbatch: error: invalid partition specified: nowhere$/);
  });
});
