import type { Table } from '../table.ts';
import { dataOf } from './data.ts';

/** A field as RFC 4180 has it. */
export const csvField = (value: string | number | boolean | null): string => {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const COLUMNS = [
  'protocol',
  'labels',
  'encoder',
  'features',
  'dataset',
  'metric',
  'score',
  'standardError',
  'repetitions',
  'top1',
  'top5',
  'meanPerClass',
  'calibrationError',
  'trainRows',
  'testRows',
  'low',
  'high',
  'belowBest',
  'p',
  'bold',
  'chosen',
  'flags',
] as const;

/** A line for each number: what it is of, and what is known of it. */
export const csvTable = (table: Table): string =>
  [COLUMNS.join(','), ...dataOf(table).map((datum) => COLUMNS.map((column) => csvField(datum[column])).join(','))]
    .map((line) => `${line}\r\n`)
    .join('');
