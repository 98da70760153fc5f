import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

/** The content of a file, or '' where there is none. */
type Read = (path: string) => string;

const read: Read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/**
 * Cores that a control group's quota leaves, whole ones: a thread more than those would wait for the others.
 * Infinity without a quota. Version 2 of the interface is tried first, then version 1.
 */
export function quotaCores(file: Read = read): number {
  const own = /^0::(.*)$/m.exec(file('/proc/self/cgroup'))?.[1] ?? '/';
  const limits = [`/sys/fs/cgroup${own}/cpu.max`, '/sys/fs/cgroup/cpu.max'].map((path) => file(path).trim().split(' '));
  const version1 = ['quota', 'period'].map((what) => file(`/sys/fs/cgroup/cpu/cpu.cfs_${what}_us`).trim());
  const cores = [...limits, version1]
    .map(([quota, period]) => Number(quota) / Number(period))
    .filter((n) => Number.isFinite(n) && n > 0);
  return Math.max(1, Math.floor(Math.min(Number.POSITIVE_INFINITY, ...cores)));
}

/** Cores that this process shall use of those that it may: what a run has set aside for its stage. */
const leasedCores = (): number => Number(process.env.SIMCLR_CORES) || Number.POSITIVE_INFINITY;

/** Cores that this process uses: its affinity, cut down by a control group's quota and by `SIMCLR_CORES`. At least 1. */
export const availableCores = (): number => Math.max(1, Math.min(availableParallelism(), quotaCores(), leasedCores()));

export const cpuName = (): string => cpus()[0]?.model.trim() ?? 'unknown';

const RELEVANT = ['avx2', 'avx512f', 'avx512_bf16', 'avx512_vnni', 'amx_bf16', 'amx_tile', 'asimd', 'bf16', 'sve'];

/** Features of the processor that matter here, as /proc/cpuinfo lists them; none where there is no such file. */
export function cpuFlags(cpuinfo = read('/proc/cpuinfo')): string[] {
  const listed = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/));
  return RELEVANT.filter((flag) => listed.has(flag));
}
