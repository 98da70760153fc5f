// Our side of pretrain: the stage's own training loop on a split on disk. Argument: OurPretrain as JSON. Prints Measured.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { solo } from '@simclr/collective/ranks';
import { definitions } from '@simclr/nn';
import { learningTask, PretrainConfig, train } from '@simclr/pretrain';
import { loadEncoded, loadPixels, readSplitInfo } from '@simclr/shards';
import { memoryLog } from '@simclr/stage';
import { startSession } from '@simclr/tensorflow';
import { peakMB } from './peak-memory.ts';

export interface OurPretrain {
  shards: string;
  policy: string;
  inputShape: [number, number, number];
  config: unknown;
  /** Steps that warm up, then measured windows of so many steps. */
  warmUp: number;
  windows: number;
  window: number;
}

const {
  shards,
  policy,
  inputShape,
  config: given,
  warmUp,
  windows,
  window,
} = JSON.parse(process.argv[2]!) as OurPretrain;
const config = PretrainConfig.parse(given);
const precision = config.precision === 'auto' ? 'fp32' : config.precision;
const images = readSplitInfo(shards).shape ? loadPixels(shards) : loadEncoded(shards);
const task = learningTask(config, inputShape, images.classes.length);
const step = await startSession({ module: definitions, ...task.step }, { precision });
await step.write(task.initialState(1));

// When each step was logged.
const times: number[] = [];
const waits: number[] = [];
const log = {
  ...memoryLog(),
  metrics(values: Record<string, number>) {
    if (values.wait_share === undefined) return;
    times.push(performance.now() / 1000);
    waits.push(values.wait_share);
  },
};
const work = mkdtempSync(join(tmpdir(), 'bench-pretrain-'));
const totalSteps = warmUp + windows * window;
const training = {
  images,
  policy,
  task,
  step,
  monitor: { measure: async () => ({ accuracy: 0, spread: { std: 1, rank: 2 } }) },
  features: async () => new Float32Array(0),
  totalSteps,
  precision: 'fp32' as const,
  begun: { step: 0, history: { train: [], knn: [] } },
  ranks: solo,
};
const signal = new AbortController().signal;
try {
  await train(training, { config, inputs: {}, out: work, work, log, seed: 1, signal });
} finally {
  rmSync(work, { recursive: true });
  await step.dispose();
}
const seconds = Array.from({ length: windows }, (_, i) => {
  const from = warmUp - 1 + i * window;
  return (times[from + window]! - times[from]!) / window;
});
const measuredWaits = waits.slice(warmUp);
const waitShare = measuredWaits.reduce((sum, share) => sum + share, 0) / measuredWaits.length;
console.log(JSON.stringify({ seconds, rssMB: peakMB(), waitShare }));
