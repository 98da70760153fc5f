export interface ScheduleConfig {
  /** Rate for a batch of 256 (linear) or of 1 (sqrt). */
  base: number;
  scaling: 'linear' | 'sqrt';
  warmupEpochs: number;
  /** Pairs a step, over all replicas. */
  batch: number;
  /** Training images N. */
  rows: number;
  totalSteps: number;
}

/** Steps of so many epochs as the reference counts them: N · epochs // batch + 1. */
export function trainSteps(rows: number, epochs: number, batch: number): number {
  return Math.floor((rows * epochs) / batch) + 1;
}

/** Steps of linear warmup, as the reference counts them: round(warmupEpochs · N // batch). */
export function warmupSteps(rows: number, warmupEpochs: number, batch: number): number {
  return roundHalfToEven(Math.floor((warmupEpochs * rows) / batch));
}

/** Rate after the warmup: base · batch / 256 or base · √batch. */
export function peakRate({ base, scaling, batch }: Pick<ScheduleConfig, 'base' | 'scaling' | 'batch'>): number {
  return scaling === 'linear' ? (base * batch) / 256 : base * Math.sqrt(batch);
}

/**
 * Learning rate at a step (tf2/model.py WarmUpAndCosineDecay): linear from 0 over the warmup, then cosine to 0 at
 * `totalSteps`, without restarts.
 */
export function learningRate(config: ScheduleConfig): (step: number) => number {
  const { warmupEpochs, batch, rows, totalSteps } = config;
  const warmup = warmupSteps(rows, warmupEpochs, batch);
  const peak = peakRate(config);
  return (step) => {
    if (step < warmup) return (peak * step) / warmup;
    if (step >= totalSteps) return 0;
    return peak * 0.5 * (1 + Math.cos((Math.PI * (step - warmup)) / (totalSteps - warmup)));
  };
}

/** Python's round(). */
function roundHalfToEven(x: number): number {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}
