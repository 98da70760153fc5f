import { capacity, type Resources, type Share } from './capacity.ts';
import type { Job, ScheduledJob } from './launcher.ts';
import { thisProcess } from './process-id.ts';

/** The copy of a job of ours that a process is: a scheduler starts it anew, under the same name, where a node is lost. */
export interface Copy extends ScheduledJob {
  restart: number;
}

/** Which copy of which job this process is; undefined where it is none. */
export function thisCopy(): Copy | undefined {
  const { SIMCLR_LAUNCHER } = process.env;
  if (SIMCLR_LAUNCHER === 'slurm') return slurmCopy(process.env);
  if (SIMCLR_LAUNCHER === 'kubernetes') return kubernetesCopy(process.env);
  return undefined;
}

function slurmCopy({
  SLURM_JOB_ID,
  SLURM_ARRAY_JOB_ID,
  SLURM_ARRAY_TASK_ID,
  SLURM_RESTART_COUNT = '0',
}: NodeJS.ProcessEnv): Copy | undefined {
  const id = SLURM_ARRAY_JOB_ID ? `${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}` : SLURM_JOB_ID;
  return id ? { scheduler: 'slurm', id, restart: Number(SLURM_RESTART_COUNT) } : undefined;
}

function kubernetesCopy({
  SIMCLR_JOB,
  JOB_COMPLETION_INDEX,
  SIMCLR_FAILURES,
  SIMCLR_DISRUPTIONS,
}: NodeJS.ProcessEnv): Copy {
  const id = `${SIMCLR_JOB}/${JOB_COMPLETION_INDEX}`;
  return { scheduler: 'kubernetes', id, restart: restarts(SIMCLR_FAILURES, SIMCLR_DISRUPTIONS) };
}

/** How often a pod was replaced before, from what Kubernetes notes on it: of its own failures and of others, nothing for none. */
export const restarts = (failures: string | undefined, disruptions: string | undefined): number =>
  Number(failures ?? 0) + Number(disruptions ?? 0);

/** What a stage that works on a task calls itself, whoever started it. */
export function ownJob(): Job {
  const copy = thisCopy();
  return copy ? { scheduler: copy.scheduler, id: copy.id } : thisProcess();
}

/** What this process has of a node, where it is a job of ours: the environment says it also where Slurm confines no one. */
export function shareOfJob({ memory = 0, gpu }: Resources): Share | undefined {
  // A container counts as the machine.
  if (thisCopy()?.scheduler !== 'slurm') return undefined;
  const { SLURM_CPUS_PER_TASK, SLURM_CPUS_ON_NODE } = process.env;
  const { cpu, gpus } = capacity();
  return { cpu: Number(SLURM_CPUS_PER_TASK ?? SLURM_CPUS_ON_NODE ?? cpu), memory, gpus: gpu ? gpus : [] };
}
