/** Adds up where the time goes: what passed since the last take, or the start, counts for the part that is named. */
export function stopwatch<Part extends string>(parts: readonly Part[]) {
  let last = performance.now();
  const taken = Object.fromEntries(parts.map((part) => [part, 0])) as Record<Part, number>;
  return {
    /** Seconds. */
    taken,
    take(part: Part): void {
      const now = performance.now();
      taken[part] += (now - last) / 1000;
      last = now;
    },
  };
}
