import { readFileSync, statfsSync } from 'node:fs';
import { cpus, freemem, totalmem } from 'node:os';
import { gpuMetrics } from './gpu-metrics.ts';
import type { Journal } from './journal.ts';

const PREFIX = 'system/';

/**
 * Logs what the machine does every 10 s, under the names that MLflow's web page knows (`system/cpu_utilization_percentage`
 * and so on, with NVIDIA's GPUs where `nvidia-smi` finds any), going on at the step after the journal's last. MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL (seconds) and
 * _NODE_ID are honoured, and _SAMPLES_BEFORE_LOGGING, of which the mean is logged; MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING=false turns it off. Returns a function that stops it.
 */
export function startSystemMetrics(
  journal: Pick<Journal, 'metrics' | 'lastStep'>,
  params: { env?: Record<string, string | undefined> } = {},
): () => void {
  const { env = process.env } = params;
  if (/^(false|0)$/i.test(env.MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING ?? '')) return () => {};
  const seconds = Number(env.MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL || 10);
  const prefix = env.MLFLOW_SYSTEM_METRICS_NODE_ID ? `${PREFIX}${env.MLFLOW_SYSTEM_METRICS_NODE_ID}/` : PREFIX;
  const sample = systemSampler();
  let step = (journal.lastStep(`${prefix}cpu_utilization_percentage`) ?? -1) + 1;
  const log = (values: Record<string, number>, at: number) => {
    const named = Object.entries(values).map(([name, value]) => [prefix + name, value]);
    try {
      journal.metrics(Object.fromEntries(named), at);
    } catch {
      clearInterval(timer); // An ended journal or a full disk: nothing that may end the process from a timer.
    }
  };
  const samples = Number(env.MLFLOW_SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING || 1);
  const collected: Record<string, number>[] = [];
  let gpus = true;
  const look = async () => {
    const values = sample();
    const ofGpus = gpus ? await gpuMetrics() : {};
    gpus = Object.keys(ofGpus).length > 0;
    if (collected.push({ ...values, ...ofGpus }) >= samples) log(means(collected.splice(0)), step++);
  };
  const timer = setInterval(() => void look(), seconds * 1000);
  timer.unref();
  return () => clearInterval(timer);
}

function means(samples: Record<string, number>[]): Record<string, number> {
  const names = [...new Set(samples.flatMap(Object.keys))];
  const meanOf = (name: string) => {
    const values = samples.flatMap((each) => each[name] ?? []);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return Object.fromEntries(names.map((name) => [name, meanOf(name)]));
}

/** A function that measures since its last call (processor) and since now (network). Megabytes are 10⁶ bytes. */
export function systemSampler(): () => Record<string, number> {
  let lastCpu = cpuTimes();
  const firstNetwork = networkBytes();
  return () => {
    const cpu = cpuTimes();
    const total = cpu.total - lastCpu.total;
    const busy = total > 0 ? ((total - (cpu.idle - lastCpu.idle)) / total) * 100 : 0;
    lastCpu = cpu;
    const network = networkBytes();
    const sample = { cpu_utilization_percentage: busy, ...memory(), ...disk() };
    const rounded = Object.entries(sample).map(([name, value]) => [name, Math.round(value * 10) / 10]);
    return {
      ...Object.fromEntries(rounded),
      ...(network && firstNetwork
        ? {
            network_receive_megabytes: (network.received - firstNetwork.received) / 1e6,
            network_transmit_megabytes: (network.transmitted - firstNetwork.transmitted) / 1e6,
          }
        : {}),
    };
  };
}

function cpuTimes(): { idle: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, total };
}

function memory() {
  // MemAvailable counts the file cache as available, as psutil does; os.freemem() means the same since Node 18.
  const used = totalmem() - freemem();
  return {
    system_memory_usage_megabytes: used / 1e6,
    system_memory_usage_percentage: (used / totalmem()) * 100,
  };
}

function disk() {
  const { bsize, blocks, bfree, bavail } = statfsSync('/');
  const used = (blocks - bfree) * bsize;
  const available = bavail * bsize;
  return {
    disk_usage_percentage: (used / (used + available)) * 100,
    disk_usage_megabytes: used / 1e6,
    disk_available_megabytes: available / 1e6,
  };
}

/** The bytes of all network interfaces since the machine's start, or undefined where /proc does not tell. */
function networkBytes(): { received: number; transmitted: number } | undefined {
  let table: string;
  try {
    table = readFileSync('/proc/net/dev', 'utf8');
  } catch {
    return undefined;
  }
  let received = 0;
  let transmitted = 0;
  for (const line of table.split('\n')) {
    const [, counts] = line.split(':');
    if (counts === undefined) continue;
    const columns = counts.trim().split(/\s+/).map(Number);
    received += columns[0] ?? 0;
    transmitted += columns[8] ?? 0;
  }
  return { received, transmitted };
}
