import { execFile, spawnSync } from 'node:child_process';
import { UserError } from '@simclr/stage';
import { batchScript } from './batch-script.ts';
import type { Resources } from './capacity.ts';
import { type Batch, logOf, type ScheduledJob, type Scheduler } from './launcher.ts';
import { type Standing, untilEnded } from './poll.ts';

/** States of a job that is not over. NODE_FAIL, PREEMPTED and FAILED may be on the way to PENDING, where a job is requeued. */
const UNDER_WAY =
  /^(PENDING|RUNNING|CONFIGURING|COMPLETING|SUSPENDED|STOPPED|RESIZING|SIGNALING|STAGE_OUT|REQUEUE\w*)$/;

const jobOf = (id: string): ScheduledJob => ({ scheduler: 'slurm', id });

/**
 * Jobs are Slurm's, several commands those of an array: `1234_5`. What pipeline.yaml does not say is said to sbatch itself, by
 * SBATCH_PARTITION, SBATCH_TIMELIMIT and so on.
 */
export const slurmLauncher: Scheduler = {
  async submit(batch) {
    const { commands } = batch;
    // Not those of a job in which this process is: sbatch would take them for its options.
    const own = Object.entries(process.env).filter(([name]) => !/^SLURM_(?!CONF$)/.test(name));
    const said = await call('sbatch', sbatchOptions(batch), {
      input: batchScript(commands, 'SLURM_ARRAY_TASK_ID'),
      env: { ...Object.fromEntries(own), SIMCLR_LAUNCHER: 'slurm' },
    });
    const id = said.trim().split(';')[0]!;
    return commands.map((_, i) => jobOf(commands.length > 1 ? `${id}_${i}` : id));
  },

  wait({ id }, log, tell, signal) {
    // On its way to PENDING a job that is requeued has failed, for a moment: an end counts where it stays.
    let over = 0;
    return untilEnded(ask, log, tell, signal);

    async function ask(): Promise<Standing | undefined> {
      const job = await show(id);
      if (job === 'gone') return { ended: { code: await recorded(id) } };
      if (!job) return undefined;
      const { state, reason, node, restarts, code } = job;
      over = UNDER_WAY.test(state) ? 0 : over + 1;
      if (state === 'COMPLETED') return { ended: { code } };
      // The end of the copy before it, said late, ends a job that was requeued: it is not known how this copy ended.
      const known = !(state === 'FAILED' && restarts > 0 && code === -1);
      if (over > 1)
        return { line: `job ${id} of slurm has ended: ${state}`, ended: { code: known ? code : undefined } };
      const anew = restarts ? `, started anew ${restarts} times` : '';
      if (state === 'RUNNING') return { line: `job ${id} of slurm runs on ${node}${anew}` };
      return { line: state === 'PENDING' && reason !== 'None' ? `job ${id} of slurm waits: ${reason}` : undefined };
    }
  },

  async cancel({ id }, how) {
    const signal = how === 'stop' ? ['--batch', '--signal=TERM'] : ['--full', '--signal=KILL'];
    // One that waits hears no signal, and one that has started must have the time that Slurm's own end does not give it.
    for (const args of [['--state=PENDING'], signal]) spawnSync('scancel', [...args, id]);
  },

  async alive({ id }) {
    try {
      return (await call('squeue', ['--noheader', '--array', `--jobs=${id}`, '--format=%T'])).trim() !== '';
    } catch (error) {
      return !/Invalid job id/.test((error as Error).message);
    }
  },

  async find(name, index) {
    const found = await call('squeue', ['--noheader', '--array', `--name=${name}`, '--format=%F %K']).catch(() => '');
    const lines = found.split('\n').map((line) => line.trim().split(/\s+/));
    const [id, item] = lines.find(([, item]) => item === String(index) || item === 'N/A') ?? [];
    return id ? jobOf(item === 'N/A' ? id : `${id}_${item}`) : undefined;
  },
};

function sbatchOptions({ name, cwd, log, resources, ranks, commands }: Batch): string[] {
  return [
    '--parsable',
    `--job-name=${name}`,
    `--chdir=${cwd}`,
    `--output=${logOf(log, commands.length > 1 ? '%a' : 0)}`,
    '--open-mode=append',
    '--requeue',
    // Before its time is up a stage writes its checkpoint: then it goes on in a job that is submitted anew.
    '--signal=B:TERM@90',
    ...(commands.length > 1 ? [`--array=0-${commands.length - 1}`] : []),
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
async function show(id: string): Promise<Shown | 'gone' | undefined> {
  let text: string;
  try {
    text = await call('scontrol', ['--oneliner', 'show', 'job', id]);
  } catch (error) {
    return /Invalid job id/.test((error as Error).message) ? 'gone' : undefined;
  }
  const value = (name: string) => new RegExp(`\\b${name}=(\\S*)`).exec(text)?.[1] ?? '';
  const state = value('JobState');
  const code = exitCode(value('ExitCode'), state);
  return { state, reason: value('Reason'), node: value('NodeList'), restarts: Number(value('Restarts')), code };
}

/** The exit code of a job that the controller has forgotten, where there is accounting. */
async function recorded(id: string): Promise<number | undefined> {
  const args = ['--noheader', '--parsable2', '--allocations', `--jobs=${id}`, '--format=State,ExitCode'];
  const [state, code] = (await call('sacct', args).catch(() => '')).trim().split('\n')[0]!.split('|');
  return state && code && !UNDER_WAY.test(state) ? exitCode(code, state) : undefined;
}

/** @param code as Slurm writes it: 0:9, the signal last */
function exitCode(code: string, state: string): number {
  const [own = 0, signal = 0] = code.split(':').map(Number);
  return signal || (own === 0 && state !== 'COMPLETED') ? -1 : own;
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
