/** One comparison, as `bench/NAME.json` lists them. */
export interface Row {
  case: string;
  unit: string;
  ours: number;
  /** What ours is compared with. */
  peer: string;
  theirs: number;
  /** ours / theirs. */
  ratio: number;
  /** Measurements of each side. */
  runs: number;
}

/** A benchmark: `npm run bench -- NAME`. */
export interface Bench {
  name: string;
  /** One line for the list of benchmarks. */
  about: string;
  /** @param say prints a line of progress */
  run(say: (line: string) => void): Promise<Row[]>;
}

/** A number of each side under one case and unit. */
export function row(at: { case: string; unit: string; peer: string; runs: number }, ours: number, theirs: number): Row {
  return { case: at.case, unit: at.unit, ours, peer: at.peer, theirs, ratio: ours / theirs, runs: at.runs };
}

export const min = (values: readonly number[]): number => Math.min(...values);

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
