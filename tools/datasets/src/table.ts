import type { DatasetStatus } from './status.ts';

/** Columns of a terminal that the table fits. */
const WIDTH = 100;

const METRICS = { 'top-1': 'top-1', 'mean-per-class': 'mean per class', '11-point-map': '11-point mAP' };

/** `132 MB`. */
function sizeOf(bytes: number): string {
  if (bytes === 0) return '–';
  const unit = bytes >= 1e9 ? ([1e9, 'GB'] as const) : bytes >= 1e6 ? ([1e6, 'MB'] as const) : ([1e3, 'kB'] as const);
  const value = bytes / unit[0];
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit[1]}`;
}

const shorten = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** A line for each dataset, then what is to be done, a line for each file that is not there. */
export function tableOf(all: readonly DatasetStatus[]): string[] {
  const head = ['dataset', 'state', 'size', 'train + val / test', 'classes', 'metric', 'licence'];
  const cells = all.map(({ name, state, bytes, splits, classes, metric, licence, built }) => {
    const [train, validation, test] = [splits.train, splits.validation, splits.test].map((n) =>
      n?.toLocaleString('en-US'),
    );
    const counts = `${train}${validation ? ` + ${validation}` : ''} / ${test}`;
    const shown = built.length > 0 ? `${state}, built` : state;
    return [name, shown, sizeOf(bytes), counts, String(classes), METRICS[metric], licence];
  });
  const widths = head.slice(0, -1).map((text, i) => Math.max(text.length, ...cells.map((row) => row[i]!.length)));
  const left = WIDTH - widths.reduce((sum, width) => sum + width + 2, 0);
  const line = (row: readonly string[]) =>
    [...row.slice(0, -1).map((text, i) => text.padEnd(widths[i]!)), shorten(row.at(-1)!, left)].join('  ').trimEnd();
  return [line(head), ...cells.map(line), ...todoOf(all)];
}

function todoOf(all: readonly DatasetStatus[]): string[] {
  const todo = all.flatMap(({ name, archives }) =>
    archives.flatMap((archive) =>
      archive.todo ? [`  ${name}: ${archive.name}, ${archive.state}: ${archive.todo}`] : [],
    ),
  );
  if (todo.length === 0) return [];
  return ['', 'To do (ingest fetches by itself what still has a host):', ...todo];
}
