import { describeMachine, measureGemmPeak } from '@simclr/tensorflow';

/** This machine in a line: figures mean nothing without it. */
export function describeHere(): string {
  const { cpu, flags, cores, threads, oneDNN, precision, precisionReason, tensorflow } = describeMachine();
  const peak = Math.round(measureGemmPeak());
  return [
    `${cpu} (${flags.join(' ')})`,
    `${cores} cores, ${threads} threads`,
    `oneDNN ${oneDNN ? 'on' : 'off'}`,
    `auto is ${precision}: ${precisionReason}`,
    `fp32 GEMM peak ${peak} GFLOP/s`,
    `tensorflow ${tensorflow}`,
  ].join('; ');
}
