import { xmlText } from '@simclr/figures/text';
import { cutTo } from './table.ts';
import type { State, TaskStatus } from './task-status.ts';

/** Colours of states, of Okabe and Ito, which the colour-blind tell apart; each has its name beside it. */
export const COLOURS: Record<State, string> = {
  running: '#0072b2',
  failed: '#d55e00',
  interrupted: '#cc79a7',
  damaged: '#d55e00',
  stale: '#e69f00',
  'never run': '#9aa5b1',
  missing: '#56b4e9',
  remote: '#56b4e9',
  cached: '#009e73',
};

// Of a box and of what is between two, in pixels.
const BOX = { width: 190, height: 38 };
const GAP = { x: 56, y: 10 };
const LETTERS = 25;

/** The tasks as boxes from left to right, each right of what it needs, with arrows between: SVG. */
export function graph(tasks: readonly TaskStatus[]): string {
  const places = placesOf(tasks);
  const at = (id: string) => {
    const { column, row } = places.get(id)!;
    return { x: column * (BOX.width + GAP.x) + 1, y: row * (BOX.height + GAP.y) + 1 };
  };
  const arrows = tasks.flatMap(({ id, needs }) =>
    needs.filter((need) => places.has(need)).map((need) => arrow(at(need), at(id))),
  );
  const boxes = tasks.map((task) => box(task, at(task.id)));
  const columns = 1 + Math.max(0, ...[...places.values()].map(({ column }) => column));
  const rows = 1 + Math.max(0, ...[...places.values()].map(({ row }) => row));
  const [width, height] = [columns * (BOX.width + GAP.x) - GAP.x + 2, rows * (BOX.height + GAP.y) - GAP.y + 2];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">${arrows.join('')}${boxes.join('')}</svg>`;
}

/**
 * A column for each task, one right of the last that it needs; in it, tasks stand in the order of what they need, so that
 * few arrows cross, and columns are centred on the longest.
 */
export function placesOf(tasks: readonly TaskStatus[]): Map<string, { column: number; row: number }> {
  const columns = new Map<string, number>();
  for (const { id, needs } of tasks) {
    columns.set(
      id,
      needs.reduce((most, need) => Math.max(most, (columns.get(need) ?? -1) + 1), 0),
    );
  }
  const groups = Map.groupBy(tasks, ({ id }) => columns.get(id)!);
  const longest = Math.max(0, ...[...groups.values()].map(({ length }) => length));
  const places = new Map<string, { column: number; row: number }>();
  for (const [column, group] of [...groups].sort(([a], [b]) => a - b)) {
    const mean = ({ needs }: TaskStatus) => {
      const rows = needs.flatMap((need) => places.get(need)?.row ?? []);
      return rows.length ? rows.reduce((sum, row) => sum + row, 0) / rows.length : 0;
    };
    const ordered = column === 0 ? group : group.toSorted((a, b) => mean(a) - mean(b));
    const first = (longest - ordered.length) / 2;
    for (const [i, { id }] of ordered.entries()) places.set(id, { column, row: first + i });
  }
  return places;
}

interface Point {
  x: number;
  y: number;
}

function arrow(from: Point, to: Point): string {
  const [x1, y1] = [from.x + BOX.width, from.y + BOX.height / 2];
  const [x2, y2] = [to.x, to.y + BOX.height / 2];
  const bend = Math.min(GAP.x, x2 - x1) * 0.8;
  return `<path d="M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}" fill="none" stroke="#b8c0cc"/>`;
}

function box({ id, state, why, mlflow }: TaskStatus, { x, y }: Point): string {
  const colour = COLOURS[state];
  const title = xmlText([id, state, ...why].join('\n'));
  const drawn = `<g><title>${title}</title><rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="6" fill="#fff" stroke="${colour}" stroke-width="1.5"/><rect x="${x}" y="${y}" width="7" height="${BOX.height}" rx="3" fill="${colour}"/><text x="${x + 16}" y="${y + 16}" fill="#1f2933">${xmlText(cutTo(id, LETTERS))}</text><text x="${x + 16}" y="${y + 31}" fill="#52606d" font-size="11">${xmlText(state)}</text></g>`;
  return mlflow ? `<a href="${xmlText(mlflow)}">${drawn}</a>` : drawn;
}
