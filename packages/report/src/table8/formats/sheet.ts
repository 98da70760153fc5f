import type { DatasetInfo, Protocol } from '@simclr/artifacts';
import { percent } from '../../html.ts';
import type { Column } from '../columns.ts';
import { costTexts } from '../encoders.ts';
import type { Cell, Table, TableGroup } from '../table.ts';

/** A cell as every format has it. */
export interface SheetCell {
  /** Per cent, to a tenth. */
  score: string;
  /** Standard error of the mean, of repetitions. */
  error?: string;
  bold: boolean;
  flagged: boolean;
}

export interface SheetRow {
  name: string;
  /** A line of the paper's. */
  paper: boolean;
  cells: (SheetCell | undefined)[];
}

export interface SheetGroup {
  title: string;
  rows: SheetRow[];
}

const PROTOCOL_NAMES: Record<Protocol, string> = {
  linear: 'Linear evaluation',
  knn: 'Nearest neighbours',
  ridge: 'Ridge regression',
  'few-shot': 'Few-shot',
  sgd: 'Linear evaluation by SGD',
  'fine-tune': 'Fine-tuned',
};

/** What a protocol does to an encoder. */
const DONE: Record<Protocol, string> = {
  linear: 'evaluated',
  knn: 'evaluated',
  ridge: 'evaluated',
  'few-shot': 'evaluated',
  sgd: 'trained on',
  'fine-tune': 'fine-tuned',
};

export const METRIC_NAMES: Record<DatasetInfo['metric'], string> = {
  'top-1': 'top-1',
  'mean-per-class': 'mean per class',
  '11-point-map': '11-point mAP',
};

/** `Fine-tuned, 1 % of labels`; that all count goes without saying. */
export const groupTitle = ({ protocol, labels }: Pick<TableGroup, 'protocol' | 'labels'>): string =>
  labels === 'all labels' ? PROTOCOL_NAMES[protocol] : `${PROTOCOL_NAMES[protocol]}, ${labels}`;

/** The table as text, for the formats that show it as it is. */
export const sheetOf = ({ columns, groups }: Table): SheetGroup[] =>
  groups.map((group) => {
    const ours = group.rows.map(({ name, cells }): SheetRow => ({ name, paper: false, cells: cells.map(shown) }));
    const paper = group.paper.map(({ network, method, values }): SheetRow => {
      const cells = columns.map(({ paper }) => (paper === undefined ? undefined : ofPaper(values[paper]!)));
      return { name: `paper: ${network} ${method}`, paper: true, cells };
    });
    return { title: groupTitle(group), rows: [...ours, ...paper] };
  });

const shown = (cell: Cell | undefined): SheetCell | undefined =>
  cell && {
    score: percent(cell.mean),
    ...(cell.standardError !== undefined && { error: percent(cell.standardError) }),
    bold: cell.bold,
    flagged: cell.flags.length > 0,
  };

const ofPaper = (value: number): SheetCell => ({ score: value.toFixed(1), bold: false, flagged: false });

/** What stands below the table: what bold and marks mean, which datasets are missing, what is flagged. */
export function notesOf({ columns, flags, omissions }: Table): string[] {
  const missing = columns.flatMap((column) => (column.missing ? [missingNote(column)] : []));
  return [...missing, ...omissionNotes(omissions), ...flagNotes(flags)];
}

export const missingNote = ({ dataset, title, missing }: Column): string =>
  `missing: ${title} (${dataset}) is not here. ${missing!.toDo}`;

/** What a row without numbers says: `not fine-tuned: an ONNX file has no weights to train`. */
export const omissionText = (protocol: Protocol, reason: string): string => `not ${DONE[protocol]}: ${reason}`;

/** Of each encoder that is left out, with its datasets, a line. */
export const omissionNotes = (omissions: Table['omissions']): string[] =>
  [...Map.groupBy(omissions, ({ encoder, row }) => `${encoder}: ${omissionText(row.protocol, row.reason)}`)].map(
    ([said, all]) => `${said} (${[...new Set(all.map(({ row }) => row.dataset))].join(', ')})`,
  );

/** Of each flag a line, with all encoders that have it: what is wrong with a dataset is told of each. */
export const flagNotes = (flags: Table['flags']): string[] =>
  [...Map.groupBy(flags, ({ flag }) => JSON.stringify(flag)).values()].map((same) =>
    flagNote(same.map(({ encoder }) => encoder).join(', '), same[0]!.flag),
  );

const flagNote = (encoders: string, { kind, dataset, message }: Table['flags'][number]['flag']): string =>
  `${kind}: ${encoders}${dataset === undefined ? '' : ` on ${dataset}`}: ${without(`${dataset}: `, withoutKind(kind, message))}`;

/** Some messages begin with their kind, as they are told alone where they come up. */
export const withoutKind = (kind: string, message: string) => without(`${kind}: `, message);

const without = (start: string, message: string) => (message.startsWith(start) ? message.slice(start.length) : message);

/** Of each encoder, in a line, what it costs and which it is. Times are in the page: they are others in each run. */
export const costNotes = (encoders: Table['encoders']): string[] =>
  encoders.map((encoder) => {
    const { name, parameters, gigaflops, digest } = costTexts(encoder);
    return `${name}: ${parameters} parameters, ${gigaflops} GFLOP an image, digest ${digest}`;
  });

/** What the numbers are. */
export const LEGEND =
  'Per cent. Bold: not significantly worse than the best of its block on the dataset (paired permutation test, p < 0.05).';
