import { alignTable, fitTable, markdownTable, type Table } from './result-table.ts';

/** One stage of a finished pipeline run, for the summary and for MLflow. */
export interface StageRow {
  id: string;
  /** An accepted one is cached too: its code has changed since, and someone said that this does not matter. */
  state: 'ran' | 'resumed' | 'cached' | 'accepted';
  /** Of this run; absent for a cached stage. */
  seconds?: number;
  /** Headline metrics. */
  metrics: Record<string, number>;
  /** `simclr.run_key` of the run that made the result: for a cached stage, an earlier one. */
  key: string;
}

/** Columns that the console's summary may take. */
const WIDTH = 100;

/** The description of the parent run in MLflow: results, and each stage with a link to the run that made its result. */
export function noteOf(
  results: Table,
  rows: readonly StageRow[],
  { runIds, experimentId }: { runIds: ReadonlyMap<string, string>; experimentId?: string | undefined },
): string {
  const link = (row: StageRow) => {
    const runId = runIds.get(row.key);
    return runId && experimentId ? `[${row.id}](#/experiments/${experimentId}/runs/${runId})` : row.id;
  };
  const stages = [['stage', 'result', 'seconds'], ...rows.map((row) => [link(row), row.state, seconds(row)])];
  return [markdownTable(results), markdownTable(stages)]
    .filter((lines) => lines.length)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** The end of a run as lines for the console: each stage, then results. What does not fit is in the report and in MLflow. */
export function summaryTable(rows: readonly StageRow[], results: Table): string {
  const evaluated = results.length > 0;
  const width = Math.max(...rows.map((row) => row.id.length));
  const states = Math.max(...rows.map((row) => row.state.length), 'resumed'.length);
  const stages = rows.map((row) => {
    const time = row.seconds === undefined ? '' : `${seconds(row)} s`;
    const line = `  ${row.id.padEnd(width)}  ${row.state.padEnd(states)}  ${time.padStart(9)}  ${evaluated ? '' : metricsOf(row)}`;
    return line.trimEnd().slice(0, WIDTH);
  });
  const table = alignTable(fitTable(results, WIDTH - 2)).map((line) => `  ${line}`);
  return [...stages, ...(evaluated ? ['', ...table] : [])].map((line) => `${line}\n`).join('');
}

function seconds(row: StageRow): string {
  return row.seconds === undefined ? '' : row.seconds.toFixed(1);
}

function metricsOf({ metrics }: StageRow): string {
  return Object.entries(metrics)
    .map(([key, value]) => `${key} ${Number.isInteger(value) ? value : value.toPrecision(4)}`)
    .join(' · ');
}
