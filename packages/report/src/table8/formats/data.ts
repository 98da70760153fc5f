import { labelsOf } from '../rows.ts';
import type { Cell, Table, TableRow } from '../table.ts';
import { omissionText } from './sheet.ts';

/** A number of the table with all that is known of it; scores, errors, intervals and differences in per cent. */
export interface Datum {
  protocol: string;
  labels: string;
  encoder: string;
  features: string;
  dataset: string;
  metric: string;
  score: number | null;
  standardError: number | null;
  repetitions: number;
  /** Means over repetitions, where a protocol gives them. */
  top1: number | null;
  top5: number | null;
  meanPerClass: number | null;
  calibrationError: number | null;
  trainRows: number;
  testRows: number;
  low: number | null;
  high: number | null;
  /** The score of the best of the block less this one. */
  belowBest: number | null;
  /** The same of what is tested, which is accuracy where the metric is 11-point mAP. */
  testedDifference: number | null;
  p: number | null;
  bold: boolean;
  /** What was chosen on validation, by name. */
  chosen: string;
  flags: string;
  /** Of the encoder; of several seeds the digest of each. */
  parameters: number | null;
  flops: number | null;
  digest: string;
}

/** Every number of ours, every dataset that is missing, and whatever was left out, as one list. */
export const dataOf = ({ columns, groups, encoders, omissions }: Table): Datum[] =>
  groups.flatMap(({ protocol, labels, rows }) =>
    rows.flatMap((row) =>
      columns.flatMap(({ dataset, metric, missing }, at): Datum[] => {
        const cell = row.cells[at];
        const key = { protocol, labels, encoder: row.name, features: row.kind, dataset, metric };
        const cost = costOf(row, encoders);
        if (cell) return [{ ...key, ...numbers(cell), ...cost }];
        if (missing) return [{ ...key, ...NONE, flags: 'missing', ...cost }];
        const reason = row.omitted ?? omissionOf(key, omissions);
        return reason === undefined ? [] : [{ ...key, ...NONE, flags: omissionText(protocol, reason), ...cost }];
      }),
    ),
  );

/** Why a row has no number of a dataset. */
const omissionOf = (
  of: Pick<Datum, 'protocol' | 'labels' | 'encoder' | 'features' | 'dataset'>,
  omissions: Table['omissions'],
): string | undefined =>
  omissions.find(
    (left) =>
      left.encoder === of.encoder &&
      left.row.features === of.features &&
      left.row.protocol === of.protocol &&
      left.row.dataset === of.dataset &&
      labelsOf(left) === of.labels,
  )?.row.reason;

/** Baselines have none of their own; what it costs up to a tap is not known here. */
function costOf(
  { kind, encoder, network }: TableRow,
  encoders: Table['encoders'],
): Pick<Datum, 'parameters' | 'flops' | 'digest'> {
  const own = kind === 'pretrained' ? encoders.filter(({ name }) => name === network) : [];
  const digest = own.map(({ digest }) => digest ?? '').join(' ');
  const [first] = network === encoder ? own : [];
  return { parameters: first?.parameters ?? null, flops: first?.flops ?? null, digest };
}

const NONE = {
  score: null,
  standardError: null,
  repetitions: 0,
  top1: null,
  top5: null,
  meanPerClass: null,
  calibrationError: null,
  trainRows: 0,
  testRows: 0,
  low: null,
  high: null,
  belowBest: null,
  testedDifference: null,
  p: null,
  bold: false,
  chosen: '',
};

/** Per cent, without the digits of rounding. */
const hundredths = (fraction: number | undefined): number | null =>
  fraction === undefined ? null : Number((100 * fraction).toFixed(4));

/** Of all repetitions, null where one of them has none. */
function meanOf({ entries }: Cell, key: 'top1' | 'top5' | 'meanPerClass' | 'calibrationError'): number | null {
  const values = entries.map(({ row }) => row[key]);
  return values.includes(undefined)
    ? null
    : hundredths(values.reduce<number>((sum, value) => sum + value!, 0) / values.length);
}

const numbers = (cell: Cell) => ({
  score: hundredths(cell.mean),
  standardError: hundredths(cell.standardError),
  repetitions: cell.count,
  top1: meanOf(cell, 'top1'),
  top5: meanOf(cell, 'top5'),
  meanPerClass: meanOf(cell, 'meanPerClass'),
  calibrationError: meanOf(cell, 'calibrationError'),
  trainRows: cell.entries[0]!.row.trainRows,
  testRows: cell.entries[0]!.row.testRows,
  low: hundredths(cell.interval?.low),
  high: hundredths(cell.interval?.high),
  belowBest: hundredths(cell.worse?.below),
  testedDifference: hundredths(cell.worse?.tested.difference),
  p: cell.worse ? Number(cell.worse.tested.p.toPrecision(6)) : null,
  bold: cell.bold,
  chosen: chosenText(cell.choices),
  flags: cell.flags.map(({ kind }) => kind).join(' '),
});

/** What was chosen, each once: `l2 10, 100`. */
export function chosenText(choices: Cell['choices']): string {
  const values = new Map<string, Set<number>>();
  for (const choice of choices)
    for (const [key, value] of Object.entries(choice))
      if (value !== undefined) values.set(key, (values.get(key) ?? new Set()).add(value));
  return [...values].map(([key, all]) => `${key} ${[...all].map(rounded).join(', ')}`).join('; ');
}

/** 1.7782794100389228 is 1.778 to a reader. */
const rounded = (value: number): string => String(Number(value.toPrecision(4)));
