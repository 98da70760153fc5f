import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startSystemMetrics, systemSampler } from './system-metrics.ts';

const NAMES = [
  'cpu_utilization_percentage',
  'system_memory_usage_megabytes',
  'system_memory_usage_percentage',
  'disk_usage_percentage',
  'disk_usage_megabytes',
  'disk_available_megabytes',
];

describe('systemSampler', () => {
  it('has MLflow’s names and possible values', () => {
    const sample = systemSampler();
    const begin = performance.now();
    while (performance.now() - begin < 200); // one core is busy
    const values = sample();
    expect(Object.keys(values)).toEqual(expect.arrayContaining(NAMES));
    for (const [name, value] of Object.entries(values)) {
      expect(value, name).toBeGreaterThanOrEqual(0);
      if (name.endsWith('percentage')) expect(value, name).toBeLessThanOrEqual(100);
    }
    expect(values.cpu_utilization_percentage).toBeGreaterThan(5);
  });

  it('agrees with /proc/meminfo', ({ skip }) => {
    let table: string;
    try {
      table = readFileSync('/proc/meminfo', 'utf8');
    } catch {
      return skip('needs /proc');
    }
    const kB = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(table)![1]);
    const used = ((kB('MemTotal') - kB('MemAvailable')) * 1024) / 1e6;
    expect(Math.abs(systemSampler()().system_memory_usage_megabytes! - used)).toBeLessThan(500);
    return undefined;
  });
});

describe('startSystemMetrics', () => {
  it('goes on at the step after the last one, and survives a journal that has ended', async () => {
    const logged: [string[], number | undefined][] = [];
    const journal = {
      lastStep: (name: string) => (name === 'system/n1/cpu_utilization_percentage' ? 4 : undefined),
      metrics(values: Record<string, number>, step?: number) {
        logged.push([Object.keys(values), step]);
        if (logged.length === 3) throw new Error('journal has ended');
      },
    };
    const env = { MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL: '0.01', MLFLOW_SYSTEM_METRICS_NODE_ID: 'n1' };
    const stop = startSystemMetrics(journal, { env });
    while (logged.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop();
    expect(logged.map(([, step]) => step)).toEqual([5, 6, 7]);
    expect(logged[0]![0]).toEqual(expect.arrayContaining(NAMES.map((name) => `system/n1/${name}`)));
  });

  it('can be turned off', async () => {
    const journal = { lastStep: () => undefined, metrics: () => expect.unreachable() };
    const env = { MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL: '0.001', MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING: 'false' };
    startSystemMetrics(journal, { env });
    await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('logs the mean of several samples', async () => {
    const [each, fourth] = [[], []] as Record<string, number>[][];
    const start = (into: Record<string, number>[], samples: string) => {
      const journal = {
        lastStep: () => undefined,
        metrics: (values: Record<string, number>) => void into.push(values),
      };
      const env = {
        MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL: '0.02',
        MLFLOW_SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING: samples,
      };
      return startSystemMetrics(journal, { env });
    };
    const stops = [start(each!, '1'), start(fourth!, '4')];
    while (fourth!.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const stop of stops) stop();
    expect(each!.length).toBeGreaterThan(5);
    expect(Object.keys(fourth![0]!)).toEqual(expect.arrayContaining(NAMES.map((name) => `system/${name}`)));
    expect(Object.values(fourth![0]!).every(Number.isFinite)).toBe(true);
  });
});
