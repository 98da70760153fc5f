import type { Manifest, StageResult } from '@simclr/stage';

/** How what a stage made again differs from what is recorded. */
export interface Comparison {
  /** Whether data and metrics, but rates, are the same, bit for bit. */
  same: boolean;
  /** Files with other content, and those that only one of the two has, sorted. */
  files: { path: string; what: 'other content' | 'not made again' | 'not recorded' }[];
  metrics: { name: string; recorded: number | null; again: number | null }[];
  /** How many files there are in all. */
  compared: number;
}

type Metrics = StageResult['metrics'];

export function compareResults(
  recorded: { manifest: Manifest; metrics: Metrics },
  again: { manifest: Manifest; metrics: Metrics },
): Comparison {
  const [before, after] = [recorded, again].map(
    ({ manifest }) => new Map(manifest.files.map(({ path, sha256 }) => [path, sha256])),
  ) as [Map<string, string>, Map<string, string>];
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  const files = paths.flatMap((path): Comparison['files'] => {
    if (!after.has(path)) return [{ path, what: 'not made again' }];
    if (!before.has(path)) return [{ path, what: 'not recorded' }];
    return before.get(path) === after.get(path) ? [] : [{ path, what: 'other content' }];
  });
  // A rate is the machine's, and another each time.
  const names = [...new Set([...Object.keys(recorded.metrics), ...Object.keys(again.metrics)])].filter(
    (name) => !name.includes('_per_second'),
  );
  const metrics = names
    .map((name) => ({ name, recorded: recorded.metrics[name] ?? null, again: again.metrics[name] ?? null }))
    .filter((each) => !Object.is(each.recorded, each.again));
  return { same: !files.length && !metrics.length, files, metrics, compared: paths.length };
}

/** As lines, the first of which says it all. */
export function comparisonLines(id: string, { same, files, metrics, compared }: Comparison): string[] {
  if (same) return [`${id}: the same again: ${compared} files and all metrics, bit for bit`];
  const counts = [
    files.length ? `${files.length} of ${compared} files` : '',
    metrics.length ? `${metrics.length} metrics` : '',
  ].filter(Boolean);
  const width = Math.max(
    ...[...files.map(({ path }) => path), ...metrics.map(({ name }) => name)].map((s) => s.length),
  );
  return [
    `${id}: not the same: ${counts.join(' and ')} differ`,
    ...files.map(({ path, what }) => `  ${path.padEnd(width)}  ${what}`),
    ...metrics.map(
      ({ name, recorded, again }) => `  ${name.padEnd(width)}  ${recorded ?? 'none'} → ${again ?? 'none'}`,
    ),
  ];
}
