/** Median and 99th percentile of calls' times, given in ms, in µs. */
export function callTimes(ms: Float64Array): { p50: number; p99: number } {
  const sorted = ms.toSorted();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]! * 1000;
  return { p50: at(0.5), p99: at(0.99) };
}
