/** Ops between ranks, and the rows of their result. */
const ROWS: Record<string, (rows: number, ranks: number) => number> = {
  CollectiveAllReduceSum: (rows) => rows,
  CollectiveAllGatherRows: (rows, ranks) => rows * ranks,
  CollectiveReduceScatterRows: (rows, ranks) => rows / ranks,
};

/** Whether an op waits for the other ranks. A trace, which has none, knows no more of its result than the shape. */
export const isCollective = (op: string): boolean => op in ROWS;

export const collectiveShape = (op: string, shape: readonly number[], ranks: number): number[] =>
  shape.map((n, axis) => (axis === 0 ? ROWS[op]!(n, ranks) : n));
