import { styleText } from 'node:util';
import type { PipelineStatus } from './read-status.ts';
import type { State, TaskStatus } from './task-status.ts';

/** Columns that a line takes at most. */
const WIDTH = 100;

/** A colour a state has on a terminal. */
const COLOURS = {
  running: 'blue',
  failed: 'red',
  interrupted: 'magenta',
  damaged: 'red',
  stale: 'yellow',
  'never run': 'gray',
  missing: 'cyan',
  remote: 'cyan',
  cached: 'green',
} as const satisfies Record<State, string>;

/**
 * Tasks as lines of at most 100 columns: state, age, duration, size, and why it is in that state.
 *
 * @param terminal whether states have colours, and tasks lead to their runs in MLflow
 */
export function statusTable({ pipeline, tasks, mlflow }: PipelineStatus, now: number, terminal: boolean): string {
  const rows = tasks.map((task) => [task.id, task.state, age(task, now), duration(task), size(task)]);
  const head = [pipeline, 'state', 'age', 'took', 'size'];
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]!.length)));
  // Names of items may be long: what says why has some room.
  widths[0] = Math.min(widths[0]!, 32);
  const line = (cells: string[], last: string, show: (text: string, column: number) => string = (text) => text) => {
    const padded = cells.map((text, at) => {
      const cut = cutTo(text, widths[at]!);
      return show(at < 2 ? cut.padEnd(widths[at]!) : cut.padStart(widths[at]!), at);
    });
    const used = widths.reduce((sum, width) => sum + width + 2, 0);
    return `${padded.join('  ')}  ${cutTo(last, WIDTH - used)}`.trimEnd();
  };
  const lines = tasks.map((task, i) =>
    line(rows[i]!, reasonOf(task), (text, column) => {
      if (!terminal) return text;
      if (column === 0 && task.mlflow) return link(text, task.mlflow);
      return column === 1 ? styleText(COLOURS[task.state], text) : text;
    }),
  );
  return [line(head, 'why'), ...lines, ...(mlflow ? [`mlflow: ${mlflow}`] : [])].map((text) => `${text}\n`).join('');
}

function reasonOf({ why: [first = '', ...more] }: TaskStatus): string {
  return more.length ? `${first}; ${more.length} more` : first;
}

export const cutTo = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;

/** A link as terminals know it (OSC 8). */
const link = (text: string, address: string) => `\u001b]8;;${address}\u001b\\${text}\u001b]8;;\u001b\\`;

export const age = ({ made }: TaskStatus, now: number): string => (made === null ? '–' : span((now - made) / 1000));

export const duration = ({ seconds }: TaskStatus): string => (seconds === null ? '–' : span(seconds));

/** Seconds in the largest unit that fits: `8.1 s`, `12 min`, `3 h`, `5 d`. */
function span(seconds: number): string {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  if (seconds < 99.5 * 60) return `${Math.round(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

export const size = ({ bytes }: TaskStatus): string => (bytes === null ? '–' : bytesText(bytes));

/** Bytes in the largest unit that fits: `24 B`, `1.2 MB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const at = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** at;
  return `${at && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}
