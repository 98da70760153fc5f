import { availableParallelism } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { availableCores, cpuFlags, quotaCores } from './cpu.ts';

const files = (content: Record<string, string>) => (path: string) => content[path] ?? '';

describe('quotaCores', () => {
  it('reads version 2, of the process and of the root', () => {
    expect(quotaCores(files({ '/sys/fs/cgroup/cpu.max': '200000 100000\n' }))).toBe(2);
    const own = { '/proc/self/cgroup': '0::/box\n', '/sys/fs/cgroup/box/cpu.max': '350000 100000\n' };
    expect(quotaCores(files(own))).toBe(3);
    expect(quotaCores(files({ ...own, '/sys/fs/cgroup/cpu.max': '100000 100000' }))).toBe(1);
  });

  it('reads version 1', () => {
    const cpu = '/sys/fs/cgroup/cpu/cpu.cfs_';
    expect(quotaCores(files({ [`${cpu}quota_us`]: '400000\n', [`${cpu}period_us`]: '100000\n' }))).toBe(4);
    expect(quotaCores(files({ [`${cpu}quota_us`]: '-1\n', [`${cpu}period_us`]: '100000\n' }))).toBe(Infinity);
  });

  it('gives no limit without a quota, and at least one core with one', () => {
    expect(quotaCores(files({}))).toBe(Infinity);
    expect(quotaCores(files({ '/sys/fs/cgroup/cpu.max': 'max 100000\n' }))).toBe(Infinity);
    expect(quotaCores(files({ '/sys/fs/cgroup/cpu.max': '50000 100000\n' }))).toBe(1);
  });
});

it('availableCores is no more than what a run has set aside', () => {
  vi.stubEnv('SIMCLR_CORES', '1');
  expect(availableCores()).toBe(1);
  vi.stubEnv('SIMCLR_CORES', 'x');
  expect(availableCores()).toBe(Math.min(availableParallelism(), quotaCores()));
  vi.unstubAllEnvs();
});

it('availableCores is a whole number within the affinity', () => {
  expect(availableCores()).toBeGreaterThanOrEqual(1);
  expect(availableCores()).toBeLessThanOrEqual(availableParallelism());
  expect(Number.isInteger(availableCores())).toBe(true);
});

it('cpuFlags takes whole words only', () => {
  expect(cpuFlags('flags\t\t: fpu avx2 avx512_bf16 avx512vbmi\n')).toEqual(['avx2', 'avx512_bf16']);
  expect(cpuFlags('Features\t: fp asimd bf16\n')).toEqual(['asimd', 'bf16']);
  expect(cpuFlags('')).toEqual([]);
});
