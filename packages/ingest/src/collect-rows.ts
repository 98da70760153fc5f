import type { PixelRow } from '@simclr/shards';
import type { Rows } from './dataset.ts';

/** All rows at once, for tests (Array.fromAsync is not in TypeScript's ES2024 yet). */
export async function collectRows({ rows }: Rows): Promise<PixelRow[]> {
  const all: PixelRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
}
