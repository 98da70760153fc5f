import type { Rows } from './folder.ts';

/** All rows at once, for tests (Array.fromAsync is not in TypeScript's ES2024 yet). */
export async function collectRows<Row>({ rows }: Rows<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}
