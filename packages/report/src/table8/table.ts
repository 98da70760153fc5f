import type { Flag, ResultRow } from '@simclr/artifacts';
import { boldCells, repeated } from '@simclr/probe/statistics';
import type { Column } from './columns.ts';
import type { Table8Config } from './config.ts';
import type { EncoderCost } from './encoders.ts';
import type { Entry, Omission } from './entries.ts';
import { type Comparison, compare, intervalOf } from './outcomes.ts';
import { PAPER_ROWS, type PaperRow } from './paper.ts';
import { type Group, groupsOf, type Line } from './rows.ts';

/** A number of ours. Scores are fractions, by the dataset's metric. */
export interface Cell {
  mean: number;
  /** Of the mean over repetitions; absent of a single one. */
  standardError?: number;
  /** Repetitions: seeds, and draws of a few labels. */
  count: number;
  /** 95 % over test rows, of a single repetition. */
  interval?: { low: number; high: number };
  /** Not significantly worse than the best of its group on the dataset, or that itself. */
  bold: boolean;
  best: boolean;
  /** How many below the best, and the test of it, by what is compared (`compare`); absent of the best. */
  worse?: { below: number; tested: Comparison };
  /** What was chosen on validation, of each repetition. */
  choices: ResultRow['choice'][];
  flags: Flag[];
  entries: Entry[];
}

export interface TableRow extends Pick<Line, 'name' | 'kind' | 'encoder' | 'network' | 'omitted'> {
  /** By column. */
  cells: (Cell | undefined)[];
}

export interface TableGroup extends Pick<Group, 'protocol' | 'labels'> {
  rows: TableRow[];
  /** The paper's by the same protocol; per cent. */
  paper: PaperRow[];
}

/** The paper's Table 8 of our encoders. */
export interface Table {
  columns: Column[];
  groups: TableGroup[];
  flags: { encoder: string; flag: Flag }[];
  omissions: readonly Omission[];
  encoders: readonly EncoderCost[];
}

/** The table of all classifiers: which are best, and which are not significantly worse (section B.8). */
export function tableOf(
  columns: Column[],
  entries: readonly Entry[],
  config: Table8Config,
  seed: number,
  { omissions = [], encoders = [] }: Partial<Pick<Table, 'omissions' | 'encoders'>> = {},
): Table {
  const groups = groupsOf(entries, omissions).map((group): TableGroup => {
    const rows = rowsOf(group, columns, config, seed);
    return { protocol: group.protocol, labels: group.labels, rows, paper: config.paper ? paperOf(group, columns) : [] };
  });
  return { columns, groups, flags: flagsOf(entries), omissions, encoders };
}

function rowsOf({ lines }: Group, columns: readonly Column[], { bootstrap, swaps }: Table8Config, seed: number) {
  const scores = lines.map(({ byDataset }) =>
    columns.map(({ dataset }) => {
      const entries = byDataset.get(dataset);
      return entries && repeated(entries.map(({ row }) => row.score));
    }),
  );
  const comparisons = new Map<string, NonNullable<Cell['worse']>>();
  const entriesOf = (line: number, column: number) => lines[line]!.byDataset.get(columns[column]!.dataset)!;
  const bold = boldCells(
    scores.map((row) => row.map((score) => score?.mean)),
    (best, other, column) => {
      const tested = compare(entriesOf(best, column), entriesOf(other, column), { seed, samples: swaps });
      const below = scores[best]![column]!.mean - scores[other]![column]!.mean;
      comparisons.set(`${other} ${column}`, { below, tested });
      // VOC's best by mAP may have the lower accuracy, and no p says then that another is worse.
      return tested.difference > 0 ? tested.p : 1;
    },
  );
  return lines.map(({ name, kind, encoder, network, byDataset, omitted }, i): TableRow => {
    const cells = columns.map(({ dataset }, column): Cell | undefined => {
      const score = scores[i]![column];
      if (!score) return undefined;
      const entries = byDataset.get(dataset)!;
      const interval = score.count === 1 ? intervalOf(entries[0]!, { seed, samples: bootstrap }) : undefined;
      const worse = comparisons.get(`${i} ${column}`);
      return {
        ...score,
        ...(interval && { interval }),
        bold: bold[i]![column]!,
        best: !worse,
        ...(worse && { worse }),
        choices: entries.map(({ row }) => row.choice),
        flags: kind === 'pretrained' ? eachOnce(entries.flatMap(({ flags }) => flags)) : [],
        entries,
      };
    });
    return { name, kind, encoder, network, cells, ...(omitted !== undefined && { omitted }) };
  });
}

/** In the order in which they are met. */
const eachOnce = <T>(values: readonly T[]): T[] => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
];

/** The paper has linear evaluation and fine-tuning on all labels; without a column of its datasets there is nothing beside. */
const paperOf = ({ protocol, lines }: Group, columns: readonly Column[]): PaperRow[] =>
  lines.some(({ byDataset }) =>
    [...byDataset.values()].flat().some(({ row }) => row.labelFraction === 1 && !row.shots),
  ) && columns.some(({ paper }) => paper !== undefined)
    ? PAPER_ROWS.filter((row) => row.protocol === protocol)
    : [];

const flagsOf = (entries: readonly Entry[]): Table['flags'] =>
  eachOnce(entries.flatMap(({ encoder, flags }) => flags.map((flag) => ({ encoder, flag }))));
