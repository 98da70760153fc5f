/** Adds up where the time goes: what passed since the last take, or the start, counts for what is named. */
export function stopwatch() {
  let last = performance.now();
  const taken = { extraction: 0, probe: 0, knn: 0 };
  return {
    /** Seconds. */
    taken,
    take(part: keyof typeof taken): void {
      const now = performance.now();
      taken[part] += (now - last) / 1000;
      last = now;
    },
  };
}
