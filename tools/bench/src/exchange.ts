/** What ranks exchange in a step of contrastive training in fp32, as docs/distributed.md counts it. */
export interface Exchange {
  /** That a rank sends. */
  bytes: number;
  calls: number;
}

export interface Exchanged {
  /** Trained numbers. */
  parameters: number;
  /** Of each batch norm. */
  channels: readonly number[];
  /** Pairs, of all ranks together. */
  batch: number;
  /** Dimension of z. */
  dim: number;
  ranks: number;
}

/** Gradients are reduced in buckets of this size. */
export const BUCKET_BYTES = 4 << 20;

export function exchangeOf({ parameters, channels, batch, dim, ranks }: Exchanged): Exchange {
  const others = (ranks - 1) / ranks;
  const gradients = 2 * 4 * parameters * others;
  const gathered = 2 * 4 * 2 * batch * dim * others;
  const norms = channels.reduce((sum, c) => sum + 2 * 4 * 2 * c * 2 * others, 0);
  return {
    bytes: gradients + gathered + norms,
    calls: Math.ceil((4 * parameters) / BUCKET_BYTES) + 2 + 2 * channels.length,
  };
}

/** Seconds of it, nothing overlapped, where a call's latency and the bytes that a rank sends in a second are these. */
export const exchangeSeconds = (
  { bytes, calls }: Exchange,
  { latency, bandwidth, ranks }: { latency: number; bandwidth: number; ranks: number },
): number => calls * latency * Math.log2(ranks) + bytes / bandwidth;
