import type { Values } from '../collective.ts';

export interface Case {
  operation: 'allReduce' | 'allGather' | 'broadcast' | 'barrier';
  type: 'float32' | 'int32';
  length: number;
  root: number;
  seed: number;
}

/** What a rank begins with: whole numbers, whose sums are exact. */
export function valuesOf({ type, length, seed }: Case, rank: number): Values {
  const value = (_: unknown, i: number) => ((Math.imul(i + 1, 2654435761) ^ Math.imul(rank + seed, 40503)) >>> 8) % 1000;
  return type === 'float32' ? Float32Array.from({ length }, value) : Int32Array.from({ length }, value);
}
