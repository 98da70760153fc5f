import { csvField } from '@simclr/figures/text';
import type { Table } from '../table.ts';
import { dataOf } from './data.ts';

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
  'testedDifference',
  'p',
  'bold',
  'chosen',
  'flags',
  'parameters',
  'flops',
  'digest',
] as const;

/** A line for each number: what it is of, and what is known of it. */
export const csvTable = (table: Table): string =>
  [COLUMNS.join(','), ...dataOf(table).map((datum) => COLUMNS.map((column) => csvField(datum[column])).join(','))]
    .map((line) => `${line}\r\n`)
    .join('');
