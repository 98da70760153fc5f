import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '@simclr/stage';
import { capacity, type Resources, type Share } from './capacity.ts';
import type { Command, Scheduler, SlurmJob } from './launcher.ts';

const MAX_SAID = 64_000;
// A controller serves many: it is asked often only while something is about to happen.
const SOON_MS = 500;
const LATER_MS = 5000;
const SOON_FOR_MS = 60_000;
// After a node was lost Slurm holds a job back for two minutes. Not here, but for one that loses every node that it gets.
const AT_ONCE = 5;

/** States of a job that is not over. NODE_FAIL and PREEMPTED are on the way to PENDING, where a job is requeued. */
const UNDER_WAY =
  /^(PENDING|RUNNING|CONFIGURING|COMPLETING|SUSPENDED|STOPPED|RESIZING|SIGNALING|STAGE_OUT|REQUEUE\w*)$/;

/** The copy of a job of ours that this process is: Slurm starts it anew, under the same number, where a node is lost. */
export interface SlurmCopy extends SlurmJob {
  restart: number;
}

export function thisCopy(): SlurmCopy | undefined {
  const { SIMCLR_LAUNCHER, SLURM_JOB_ID, SLURM_RESTART_COUNT = '0' } = process.env;
  if (SIMCLR_LAUNCHER !== 'slurm' || !SLURM_JOB_ID) return undefined;
  return { slurm: SLURM_JOB_ID, restart: Number(SLURM_RESTART_COUNT) };
}

/** What this process has of a node, where it is a job of ours: the environment says it also where Slurm confines no one. */
export function shareOfJob({ memory = 0, gpu }: Resources): Share | undefined {
  if (!thisCopy()) return undefined;
  const { SLURM_CPUS_PER_TASK, SLURM_CPUS_ON_NODE } = process.env;
  const { cpu, gpus } = capacity();
  return { cpu: Number(SLURM_CPUS_PER_TASK ?? SLURM_CPUS_ON_NODE ?? cpu), memory, gpus: gpu ? gpus : [] };
}

/** Jobs are Slurm's. What pipeline.yaml does not say is said to sbatch itself, by SBATCH_PARTITION, SBATCH_TIMELIMIT and so on. */
export const slurmLauncher: Scheduler = {
  async submit(command) {
    const { program, args, env } = command;
    // Not those of a job in which this process is: sbatch would take them for its options.
    const own = Object.entries(env).filter(([name]) => !/^SLURM_(?!CONF$)/.test(name));
    // `exec`: a signal to the batch script has to reach the program.
    const script = `#!/bin/sh\nexec ${[program, ...args].map(quoted).join(' ')}\n`;
    const said = await call('sbatch', sbatchOptions(command), {
      input: script,
      env: { ...Object.fromEntries(own), SIMCLR_LAUNCHER: 'slurm' },
    });
    return { slurm: said.trim().split(';')[0]! };
  },

  async wait({ slurm }, log, tell, signal) {
    let told = '';
    let changed = Date.now();
    let over = 0;
    while (!signal?.aborted) {
      const job = await show(slurm);
      if (job === 'gone') break;
      if (job) {
        const { state, reason, node, restarts, code } = job;
        over = UNDER_WAY.test(state) ? 0 : over + 1;
        if (state === 'COMPLETED' || over > 1 || (over && !/^(NODE_FAIL|PREEMPTED)$/.test(state))) {
          if (code === -1 || state !== 'COMPLETED') tell(`job ${slurm} of slurm has ended: ${state}`);
          return { code, said: lastOf(log) };
        }
        if (state === 'PENDING' && reason === 'BeginTime' && restarts > 0 && restarts <= AT_ONCE)
          await call('scontrol', ['update', `JobId=${slurm}`, 'StartTime=now']).catch(() => {});
        const anew = restarts ? `, started anew ${restarts} times` : '';
        const line =
          state === 'RUNNING'
            ? `job ${slurm} of slurm runs on ${node}${anew}`
            : `job ${slurm} of slurm waits: ${reason}`;
        if (
          line !== told &&
          /^(RUNNING|PENDING)$/.test(state) &&
          !/^(BeginTime|None)$/.test(state === 'PENDING' ? reason : '')
        ) {
          tell(line);
          told = line;
          changed = Date.now();
        }
      }
      await sleep(Date.now() - changed < SOON_FOR_MS ? SOON_MS : LATER_MS, undefined, { signal }).catch(() => {});
    }
    return { code: undefined, said: lastOf(log) };
  },

  cancel({ slurm }, how) {
    const signal = how === 'stop' ? ['--batch', '--signal=TERM'] : ['--full', '--signal=KILL'];
    // One that waits hears no signal, and one that has started must have the time that Slurm's own end does not give it.
    for (const args of [['--state=PENDING'], signal]) spawnSync('scancel', [...args, slurm]);
  },

  alive({ slurm }) {
    const { status, stdout, stderr } = spawnSync('squeue', ['--noheader', `--jobs=${slurm}`, '--format=%T'], {
      encoding: 'utf8',
    });
    if (status === 0) return stdout.trim() !== '';
    return !/Invalid job id/.test(stderr ?? '');
  },

  own: () => ({ slurm: process.env.SLURM_JOB_ID! }),

  find(name) {
    const { stdout } = spawnSync('squeue', ['--noheader', `--name=${name}`, '--format=%A'], { encoding: 'utf8' });
    const [slurm] = stdout?.split('\n') ?? [];
    return slurm ? { slurm: slurm.trim() } : undefined;
  },
};

function sbatchOptions({ name, cwd, log, resources, ranks }: Command): string[] {
  return [
    '--parsable',
    `--job-name=${name}`,
    `--chdir=${cwd}`,
    `--output=${log}`,
    '--open-mode=append',
    '--requeue',
    // Before its time is up a stage writes its checkpoint: then it goes on in a job that is submitted anew.
    '--signal=B:TERM@90',
    ...resourceOptions(resources, ranks),
  ];
}

/** As on a machine: a stage that says nothing of cores gets all of a node's. So does each of its ranks, of which a node has one then. */
export function resourceOptions({ cpu, memory, gpu }: Resources, ranks = 1): string[] {
  const nodes = cpu === undefined ? ranks : 1;
  return [
    ...(ranks === 1 || cpu === undefined ? [`--nodes=${nodes}`] : []),
    `--ntasks=${ranks}`,
    ...(cpu === undefined ? ['--exclusive'] : [`--cpus-per-task=${Math.ceil(cpu)}`]),
    ...(memory === undefined ? [] : [`--mem=${Math.ceil(memory * 1024)}M`]),
    ...(gpu ? [`--gres=gpu:${gpu}`] : []),
  ];
}

interface Shown {
  state: string;
  reason: string;
  node: string;
  restarts: number;
  code: number;
}

/** What the controller says of a job; 'gone' where it knows it no more, undefined where it does not answer. */
async function show(slurm: string): Promise<Shown | 'gone' | undefined> {
  let text: string;
  try {
    text = await call('scontrol', ['--oneliner', 'show', 'job', slurm]);
  } catch (error) {
    return /Invalid job id/.test((error as Error).message) ? 'gone' : undefined;
  }
  const value = (name: string) => new RegExp(`\\b${name}=(\\S*)`).exec(text)?.[1] ?? '';
  const [code = 0, signal = 0] = value('ExitCode').split(':').map(Number);
  const state = value('JobState');
  const ended = signal || (code === 0 && state !== 'COMPLETED') ? -1 : code;
  return { state, reason: value('Reason'), node: value('NodeList'), restarts: Number(value('Restarts')), code: ended };
}

function lastOf(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8').slice(-MAX_SAID) : '';
}

/** @throws UserError one line, with the first that the program said */
function call(
  program: string,
  args: string[],
  { input = '', env = process.env }: { input?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { env }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const missing = error.code === 'ENOENT' ? `no ${program} in the PATH. LAUNCHER=local runs on this machine` : '';
      reject(new UserError(`slurm: ${missing || stderr.trim().split('\n')[0] || error.message}`));
    });
    child.stdin!.on('error', () => {}); // Of a program that is not there.
    child.stdin!.end(input);
  });
}

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
