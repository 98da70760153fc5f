import type { Progress } from './progress.ts';

/** A dataset that a run read, shown as an input of the run in MLflow. */
export interface LoggedDataset {
  name: string;
  /** At most 36 characters (MLflow's limit). */
  digest: string;
  context: 'training' | 'evaluation';
  /** An address, or a path that stays. */
  source: string;
  rows: number;
  /** What an image is: pixels of [h, w, c], or a file. */
  shape?: readonly number[] | null;
  /** Images of each class, by its name. */
  perClass?: Record<string, number>;
}

/** Where a stage writes what it finds. Everything is synchronous: it goes to an append-only journal and is sent from there. */
export interface StageLog {
  /** One line on the console. */
  info(message: string): void;
  /** What follows from config and inputs alone: a resumed run logs the same again. What may differ then is a tag or a metric. */
  params(params: Record<string, string | number | boolean>): void;
  /**
   * What the run computes on, kept as tags `machine.<fact>`. A run may be resumed elsewhere: what differs from before is
   * told on the console.
   */
  machine(facts: Record<string, string | number | boolean>): void;
  /** A (key, step) pair is kept once, so that a resumed run repeats no point. */
  metrics(metrics: Record<string, number>, step?: number): void;
  tags(tags: Record<string, string>): void;
  /** An image with a step slider in MLflow. */
  image(key: string, png: Uint8Array, step?: number): void;
  /** A file of the run, for example `report.html`. */
  artifact(path: string, data: Uint8Array | string): void;
  dataset(dataset: LoggedDataset): void;
  /** A progress bar (plain lines where there is no terminal). */
  progress(total: number, unit: string): Progress;
}

/** A log that keeps everything in memory and prints nothing, for tests. */
export interface MemoryLog extends StageLog {
  readonly logged: {
    info: string[];
    params: Record<string, string | number | boolean>;
    metrics: { key: string; value: number; step: number }[];
    tags: Record<string, string>;
    images: { key: string; png: Uint8Array; step: number }[];
    artifacts: Map<string, Uint8Array | string>;
    datasets: LoggedDataset[];
  };
}

/** Makes a MemoryLog. */
export function memoryLog(): MemoryLog {
  const logged: MemoryLog['logged'] = {
    info: [],
    params: {},
    metrics: [],
    tags: {},
    images: [],
    artifacts: new Map(),
    datasets: [],
  };
  const seen = new Set<string>();
  return {
    logged,
    info: (message) => void logged.info.push(message),
    params: (params) => void Object.assign(logged.params, params),
    machine(facts) {
      for (const [name, value] of Object.entries(facts)) logged.tags[`machine.${name}`] = String(value);
    },
    metrics(metrics, step = 0) {
      for (const [key, value] of Object.entries(metrics)) {
        const at = `${step} ${key}`;
        if (seen.has(at)) continue;
        seen.add(at);
        logged.metrics.push({ key, value, step });
      }
    },
    tags: (tags) => void Object.assign(logged.tags, tags),
    image: (key, png, step = 0) => void logged.images.push({ key, png, step }),
    artifact: (path, data) => void logged.artifacts.set(path, data),
    dataset: (dataset) => void logged.datasets.push(dataset),
    progress: () => ({ update() {}, stop() {} }),
  };
}
