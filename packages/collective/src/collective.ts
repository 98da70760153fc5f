/** Numbers that ranks exchange. */
export type Values = Float32Array | Int32Array;

/**
 * The ranks of a job: processes that compute one thing together. Every rank makes the same calls in the same order, with
 * arrays of the same length; a call settles when the others have made theirs. Calls do not overlap: each is awaited
 * before the next.
 */
export interface Collective {
  /** Number of this process, from 0. */
  readonly rank: number;
  /** How many ranks there are. */
  readonly size: number;
  /** Sums over the ranks, element by element, in place: bitwise the same on all of them. */
  allReduce(values: Values): Promise<void>;
  /** All ranks' values, rank by rank. */
  allGather<V extends Values>(values: V): Promise<V>;
  /** Gives all ranks those of one, in place. */
  broadcast(values: Values, root?: number): Promise<void>;
  /** Settles when all ranks are here. */
  barrier(): Promise<void>;
}

/** The collective of one process. */
export const solo: Collective = {
  rank: 0,
  size: 1,
  async allReduce() {},
  allGather: async (values) => values.slice() as typeof values,
  async broadcast() {},
  async barrier() {},
};
