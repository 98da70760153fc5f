/** A value of a table's cell, as JSON has it. */
export type Cell = string | number | boolean | null;

/** The tag by which MLflow's pages find tables among a run's artifacts: a JSON list of `{ path, type: 'table' }`. */
export const TABLES_TAG = 'mlflow.loggedArtifacts';

/** Rows as the file of a table, in the form that Python's `log_table` writes: the columns' names, and a list a row. */
export function tableFile(rows: readonly Record<string, Cell>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return JSON.stringify({ columns, data: rows.map((row) => columns.map((name) => row[name] ?? null)) });
}

/** The tag with one more table, which may be in it already. */
export function withTable(tag: string | undefined, path: string): string {
  const known = JSON.parse(tag ?? '[]') as { path: string; type: string }[];
  if (known.some((one) => one.path === path)) return tag!;
  return JSON.stringify([...known, { path, type: 'table' }]);
}
