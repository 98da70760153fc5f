import { execFile } from 'node:child_process';

const FIELDS = ['index', 'utilization.gpu', 'memory.used', 'memory.total', 'power.draw', 'enforced.power.limit'];
/** A driver that hangs is not waited for. */
const TIMEOUT_MS = 5000;

/**
 * What NVIDIA's GPUs do now, under MLflow's names without `system/`; empty where there is none.
 *
 * @param command that lists them, `nvidia-smi`
 */
export function gpuMetrics(command = 'nvidia-smi'): Promise<Record<string, number>> {
  const args = [`--query-gpu=${FIELDS.join(',')}`, '--format=csv,noheader,nounits'];
  return new Promise((resolve) => {
    const child = execFile(command, args, { timeout: TIMEOUT_MS }, (error, stdout) =>
      resolve(error ? {} : parse(stdout)),
    );
    child.unref();
  });
}

/** A line a GPU: `0, 37, 1024, 143771, 120.50, 700.00`; memory in MiB, which MLflow gives in MB. What it does not know is `[N/A]`. */
function parse(csv: string): Record<string, number> {
  const all = csv
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [index = '', utilization, used, total, power, limit] = line.split(',').map((cell) => cell.trim());
      const numbers = {
        utilization_percentage: Number(utilization),
        memory_usage_megabytes: (Number(used) * 2 ** 20) / 1e6,
        memory_usage_percentage: (Number(used) / Number(total)) * 100,
        power_usage_watts: Number(power),
        power_usage_percentage: (Number(power) / Number(limit)) * 100,
      };
      return Object.entries(numbers).map(
        ([name, value]) => [`gpu_${index}_${name}`, Math.round(value * 10) / 10] as const,
      );
    });
  return Object.fromEntries(all.filter(([, value]) => Number.isFinite(value)));
}
