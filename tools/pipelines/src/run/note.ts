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

/** The description of the parent run in MLflow: each stage with a link to the run that made its result. */
export function noteTable(rows: StageRow[], runIds: Map<string, string>, experimentId: string | undefined): string {
  const link = (row: StageRow) => {
    const runId = runIds.get(row.key);
    return runId && experimentId ? `[${row.id}](#/experiments/${experimentId}/runs/${runId})` : row.id;
  };
  const lines = rows.map((row) => `| ${link(row)} | ${row.state} | ${duration(row)} | ${formatMetrics(row.metrics)} |`);
  return ['| stage | result | seconds | metrics |', '|---|---|--:|---|', ...lines].join('\n');
}

/** The end of a run as lines for the console. */
export function summaryTable(rows: StageRow[]): string {
  const width = Math.max(...rows.map((row) => row.id.length));
  const states = Math.max(...rows.map((row) => row.state.length), 'resumed'.length);
  return rows
    .map((row) => {
      const time = row.seconds === undefined ? '' : `${duration(row)} s`;
      return `  ${row.id.padEnd(width)}  ${row.state.padEnd(states)}  ${time.padStart(9)}  ${formatMetrics(row.metrics)}`;
    })
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function duration(row: StageRow): string {
  return row.seconds === undefined ? '' : row.seconds.toFixed(1);
}

function formatMetrics(metrics: Record<string, number>): string {
  return Object.entries(metrics)
    .map(([key, value]) => `${key} ${Number.isInteger(value) ? value : value.toPrecision(4)}`)
    .join(' · ');
}
