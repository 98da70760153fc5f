import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

export type Precision = 'fp32' | 'bf16';

/** What a figure or a bitwise promise depends on; logged with every run and printed by every benchmark. */
export interface Machine {
  cpu: string;
  /** Of the features that matter here, those the processor lists. */
  flags: string[];
  /** Cores that this process may use. */
  cores: number;
  threads: number;
  oneDNN: boolean;
  device: string;
}

/** Cores that this process may use: its affinity, cut down by a cgroup's quota. */
export function availableCores(): number {
  const cores = availableParallelism();
  try {
    const [quota, period] = readFileSync('/sys/fs/cgroup/cpu.max', 'utf8').split(' ');
    if (quota && quota !== 'max') return Math.max(1, Math.min(cores, Math.ceil(Number(quota) / Number(period))));
  } catch {
    // No cgroup v2 here: the affinity is all there is.
  }
  return cores;
}

const RELEVANT = ['avx2', 'avx512f', 'avx512_bf16', 'avx512_vnni', 'amx_bf16', 'amx_tile'];

/** Features of the processor as /proc/cpuinfo lists them; none where there is no such file. */
export function cpuFlags(cpuinfo = readCpuinfo()): string[] {
  const listed = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/));
  return RELEVANT.filter((flag) => listed.has(flag));
}

function readCpuinfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}

export function describeMachine(): Machine {
  const threads = Number(process.env.TF_NUM_INTRAOP_THREADS ?? availableCores());
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    flags: cpuFlags(),
    cores: availableCores(),
    threads,
    oneDNN: (process.env.TF_ENABLE_ONEDNN_OPTS ?? '1') === '1',
    device: process.env.TFJS_DEVICE ?? 'cpu',
  };
}

/**
 * `auto` takes bf16 only where the processor lists units for it: elsewhere it is emulated and some 20 times slower than
 * fp32. On a GPU it takes fp32.
 */
export function choosePrecision(
  wanted: 'auto' | Precision,
  flags = cpuFlags(),
  device = process.env.TFJS_DEVICE ?? 'cpu',
): { precision: Precision; reason: string } {
  if (wanted !== 'auto') return { precision: wanted, reason: 'set in the config' };
  if (device === 'gpu') return { precision: 'fp32', reason: 'on a gpu' };
  const unit = ['amx_bf16', 'avx512_bf16'].find((flag) => flags.includes(flag));
  return unit
    ? { precision: 'bf16', reason: `the processor lists ${unit}` }
    : { precision: 'fp32', reason: 'the processor lists neither amx_bf16 nor avx512_bf16' };
}
