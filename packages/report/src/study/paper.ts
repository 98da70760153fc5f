import type { PairCell } from './charts.ts';
import type { StudyConfig } from './config.ts';
import { parts } from './items.ts';

type Lines = Extract<StudyConfig['chart'], { kind: 'lines' }>;

/** The two values of an item, as the paper has them. */
function paperParts(name: string, { paperTimes }: Lines): [string, string] {
  const [series, x] = parts(name);
  return [String(Number(series) * paperTimes[0]), String(Number(x) * paperTimes[1])];
}

/** The item of the paper beside whose number an item stands: `64-2` → `512-200`. */
export const paperName = (name: string, chart: Lines): string => paperParts(name, chart).join('-');

/** The paper's numbers, per cent, as cells of a chart. */
export function paperCells(numbers: Record<string, number>, chart: StudyConfig['chart']): PairCell[] {
  return Object.entries(numbers).map(([name, number]) => {
    const [first, second] = chart.kind === 'lines' ? paperParts(name, chart) : parts(name);
    return { first, second, value: number / 100 };
  });
}
