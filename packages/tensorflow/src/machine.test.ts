import { execFileSync } from 'node:child_process';
import { memoryLog } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { choosePrecision, describeMachine, logMachine } from './machine.ts';

describe('choosePrecision', () => {
  it.each([
    [['avx2', 'avx512f', 'avx512_bf16'], 'bf16', 'the processor lists avx512_bf16'],
    [['avx2', 'avx512_bf16', 'amx_bf16'], 'bf16', 'the processor lists amx_bf16'],
    [['avx2', 'avx512f'], 'fp32', 'the processor lists neither amx_bf16 nor avx512_bf16'],
    [[], 'fp32', 'the processor lists neither amx_bf16 nor avx512_bf16'],
  ])('auto on %j', (flags, precision, reason) => {
    expect(choosePrecision('auto', flags, 'cpu')).toEqual({ precision, reason });
  });

  it('obeys the config, and takes fp32 on a gpu', () => {
    expect(choosePrecision('bf16', [], 'cpu').precision).toBe('bf16');
    expect(choosePrecision('fp32', ['amx_bf16'], 'cpu').precision).toBe('fp32');
    expect(choosePrecision('auto', ['amx_bf16'], 'gpu')).toEqual({ precision: 'fp32', reason: 'on a gpu' });
  });
});

it('logMachine tags a run with the machine and its measured peak; nothing of it is a param', () => {
  const { logged, ...log } = memoryLog();
  logMachine(log, { precision: 'bf16', reason: 'why' });
  expect(logged.tags).toMatchObject({
    'machine.cpu': describeMachine().cpu,
    'machine.precision': 'bf16',
    'machine.precisionReason': 'why',
  });
  expect(Number(logged.tags['machine.gemmPeakGflops'])).toBeGreaterThan(1);
  expect(logged.params).toEqual({});
});

it('describeMachine says under what TensorFlow was loaded', () => {
  const machine = describeMachine();
  expect(machine.oneDNN).toBe(true);
  expect(machine.threads).toBeGreaterThanOrEqual(1);
  expect(machine.tensorflow).toMatch(/^2\.\d+\.\d+/);
  expect(machine.tfjs).toBe('4.22.0');
  expect(machine.device).toBe(process.env.TFJS_DEVICE ?? 'cpu');
});

describe('the environment', () => {
  const inChild = (code: string, env: Record<string, string>) => {
    const load = JSON.stringify(import.meta.resolve('./machine.ts'));
    const script = `import(${load}).then(${code}, (error) => console.log(error.message))`;
    const options = { env: { ...process.env, ...env }, encoding: 'utf8', stdio: 'pipe' } as const;
    return execFileSync(process.execPath, ['-e', script], options).trim();
  };

  it("keeps the user's values", () => {
    const env = { TF_NUM_INTRAOP_THREADS: '1', TF_ENABLE_ONEDNN_OPTS: '0' };
    const [threads, oneDNN] = JSON.parse(
      inChild('(m) => console.log(JSON.stringify([m.describeMachine().threads, m.describeMachine().oneDNN]))', env),
    ) as [number, boolean];
    expect([threads, oneDNN]).toEqual([1, false]);
  });

  it('names the devices there are', () => {
    expect(inChild('() => console.log("loaded")', { TFJS_DEVICE: 'tpu' })).toBe(
      'invalid TFJS_DEVICE: tpu. allowed: cpu, gpu',
    );
  });
});
