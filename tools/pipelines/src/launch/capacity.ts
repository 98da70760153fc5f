import { readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { UserError } from '@simclr/stage';

/** What a stage takes of the machine while it runs, as pipeline.yaml says it. */
export interface Resources {
  /** Cores; all of them if nothing is said. */
  cpu?: number | undefined;
  /** GiB; none is set aside if nothing is said. */
  memory?: number | undefined;
  /** GPUs. */
  gpu?: number | undefined;
}

/** What a machine has, or what is taken of it: cores, GiB, and GPUs by their number. */
export interface Share {
  cpu: number;
  memory: number;
  gpus: string[];
}

/** What this process may use of the machine: its cgroup's quota counts, and `CUDA_VISIBLE_DEVICES`. */
export function capacity(): Share {
  // 0 where nothing is constrained, or nobody knows.
  const constrained = process.constrainedMemory();
  const bytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return { cpu: availableParallelism(), memory: bytes / 2 ** 30, gpus: visibleGpus() };
}

function visibleGpus(): string[] {
  const said = process.env.CUDA_VISIBLE_DEVICES;
  if (said !== undefined) return said.split(',').flatMap((name) => name.trim() || []);
  try {
    return readdirSync('/proc/driver/nvidia/gpus').map((_, i) => String(i));
  } catch {
    return [];
  }
}

/** How many cores a stage gets: what it asks for, as far as there are so many. */
export const coresOf = ({ cpu }: Resources, { cpu: all }: Share): number => Math.min(cpu ?? all, all);

/** How many tasks with these resources can be at work at once, by their cores. */
export function slots(wanted: readonly Resources[], machine: Share): number {
  const least = Math.min(machine.cpu, ...wanted.map((resources) => coresOf(resources, machine)));
  return Math.max(1, Math.floor(machine.cpu / least));
}

/**
 * @throws UserError one line where a stage asks for more memory or GPUs than the machine has: it would wait for ever. Cores are
 * no matter: with fewer it takes longer.
 */
export function requireCapacity(id: string, { memory = 0, gpu = 0 }: Resources, machine: Share, file: string): void {
  if (gpu > machine.gpus.length)
    throw new UserError(`not enough gpus: ${id} needs ${gpu}, here are ${machine.gpus.length}. correct ${file}`);
  if (memory > machine.memory)
    throw new UserError(
      `not enough memory: ${id} needs ${memory} GiB, here are ${machine.memory.toFixed(1)}. correct ${file}`,
    );
}
