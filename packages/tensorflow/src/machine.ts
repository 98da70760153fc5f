import type { StageLog } from '@simclr/stage';
import { availableCores, cpuFlags, cpuName } from './cpu.ts';
import { measureGemmPeak } from './gemm-peak.ts';
import { tf } from './load.ts';
import { backend, native } from './trace/binding.ts';

export type Precision = 'fp32' | 'bf16';

/** Facts of a machine on which a speed or a bitwise promise depends: logged with every run, printed by every benchmark. */
export interface Machine {
  cpu: string;
  /** Of the features that matter here, those that the processor lists. */
  flags: string[];
  /** Cores that this process may use. */
  cores: number;
  /** Threads within an op, `TF_NUM_INTRAOP_THREADS`. */
  threads: number;
  oneDNN: boolean;
  /** Where TensorFlow really computes. */
  device: 'cpu' | 'gpu';
  /** What `precision: auto` comes to here, and why. */
  precision: Precision;
  precisionReason: string;
  /** Versions of libtensorflow and of tfjs. */
  tensorflow: string;
  tfjs: string;
}

export function describeMachine(): Machine {
  const { precision, reason } = choosePrecision('auto');
  return {
    cpu: cpuName(),
    flags: cpuFlags(),
    cores: availableCores(),
    threads: Number(process.env.TF_NUM_INTRAOP_THREADS),
    oneDNN: process.env.TF_ENABLE_ONEDNN_OPTS === '1',
    device: backend.isUsingGpuDevice ? 'gpu' : 'cpu',
    precision,
    precisionReason: reason,
    tensorflow: native.TF_Version,
    tfjs: tf.version_core,
  };
}

/**
 * Logs the machine, and its measured peak: figures of two runs compare only where these are the same. Tags, since a run
 * may be resumed on another machine, and is measured anew each time.
 *
 * @param chosen the precision that the run computes in, and why
 */
export function logMachine(log: Pick<StageLog, 'machine' | 'tags'>, chosen = choosePrecision('auto')): void {
  const { flags, precisionReason: _, ...machine } = describeMachine();
  log.machine({ ...machine, flags: flags.join(' '), precision: chosen.precision });
  log.tags({
    'machine.precisionReason': chosen.reason,
    // A figure for people: every stage waits for it.
    'machine.gemmPeakGflops': String(Math.round(measureGemmPeak(3))),
  });
}

/** Precision and kernels for which a graph is traced, by the processor. */
export interface Target {
  precision: Precision;
  /** Kernel gradients of small maps as matrix products: see passes/filter-gradient.ts. */
  filterProducts: boolean;
}

/** The target of this machine. */
export function targetOf(precision: Precision, flags = cpuFlags(), device = process.env.TFJS_DEVICE ?? 'cpu'): Target {
  const plainUnits = flags.includes('avx512_bf16') && !flags.includes('amx_bf16');
  return { precision, filterProducts: precision === 'bf16' && device === 'cpu' && plainUnits };
}

/**
 * `auto` takes bf16 only where the processor lists units for it: elsewhere it is emulated, 20 times slower than fp32. A
 * train step in bf16 takes, measured: 0.5 to 0.7 of fp32 with `avx512_bf16` (AMD Zen 5), less with `amx_bf16`. On a GPU
 * it takes fp32.
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
