import { basename } from 'node:path';
import type { SplitName } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import { classesOf } from './class-names.ts';
import type { FolderDataset } from './config.ts';
import type { TableSplit } from './find-tables.ts';
import type { Columnar } from './formats/columnar.ts';
import { openColumnar } from './open-columnar.ts';
import { splitListed } from './split-listed.ts';
import { splitNamed } from './split-names.ts';
import { chooseColumns, type TableColumns } from './table-columns.ts';

/** A file of a table, with what its rows are. */
export interface TableFile {
  path: string;
  /** Of its split, as its owner calls it. */
  split: string;
  table: Columnar;
  columns: TableColumns;
  /** Of each row: its class, and where it goes. */
  labels: Int32Array;
  splits: SplitName[];
}

/** A dataset in tables, of which all but the images is read. */
export interface Tables {
  classes: string[];
  files: TableFile[];
  train: number;
  test: number;
  /** What was decided and left out, a line each. */
  notes: string[];
}

/**
 * Reads labels and splits. A split for validation stands in where there is no test, beside one it is joined to training, as with
 * folders; without either, `testFraction` of each class is held out.
 *
 * @throws UserError for what is damaged, or can be no dataset
 */
export function readTables(
  path: string,
  splits: readonly TableSplit[],
  { testFraction }: Pick<FolderDataset, 'testFraction'>,
  seed: number,
): Tables {
  const notes: string[] = [];
  const { train, test } = assign(path, splits, notes);
  const used = splits.filter((split) => train.includes(split) || test.includes(split));
  const opened = used.flatMap((split) => split.files.map((file) => openFile(file, split)));
  const classes = classesIn(opened);
  const index = new Map(classes.map((name, label) => [name, label]));
  const files = opened.map(({ names, of, ...file }): TableFile => {
    const labels = Int32Array.from(names, (name) => index.get(name)!);
    return { ...file, labels, splits: Array(labels.length).fill(test.includes(of) ? 'test' : 'train') };
  });
  if (test.length === 0) holdOut(files, classes, testFraction, seed, notes);
  const count = (name: SplitName) =>
    files.reduce((sum, file) => sum + file.splits.filter((each) => each === name).length, 0);
  return { classes, files, train: count('train'), test: count('test'), notes };
}

/** Which splits are for training and for tests. */
function assign(path: string, splits: readonly TableSplit[], notes: string[]): Record<'train' | 'test', TableSplit[]> {
  const only = splits.length === 1 && splits[0]!.name === undefined;
  const named = Map.groupBy(splits, ({ name }) => (name === undefined ? undefined : splitNamed(name)));
  const [train = [], validation = [], test = [], others = []] = (
    ['train', 'validation', 'test', undefined] as const
  ).map((name) => named.get(name));
  if (only) return { train: others, test: [] };
  if (train.length === 0)
    throw new UserError(
      `no train: ${path} has ${splits.map(({ name }) => name ?? 'tables of no split').join(', ')}. name one split, or add train`,
    );
  if (others.length > 0)
    notes.push(
      `left out what is no split for training or tests: ${others.map(({ name }) => name ?? 'tables').join(', ')}`,
    );
  if (validation.length === 0) return { train, test };
  if (test.length === 0) {
    notes.push(`${validation[0]!.name} is taken as the test split`);
    return { train, test: validation };
  }
  notes.push(`${validation[0]!.name} is joined to train`);
  return { train: [...train, ...validation], test };
}

/** A file with the names of its rows' classes. */
function openFile(path: string, split: TableSplit) {
  const table = openColumnar(path);
  const columns = chooseColumns(path, table);
  const names: string[] = [];
  for (const [label] of table.read([columns.label])) {
    const { classes } = columns;
    const name = classes && typeof label === 'number' ? classes[label] : label;
    if (name === undefined || name === null || name === '')
      throw new UserError(
        `no class: ${path}, row ${names.length}: ${columns.label} is ${label ?? 'empty'}. expected ${classes ? `0..${classes.length - 1}` : 'a class'} in every row, or leave the split out`,
      );
    names.push(String(name));
  }
  return { path, split: split.name ?? basename(path).replace(/\.\w+$/, ''), table, columns, names, of: split };
}

/** All classes that the tables declare, which have to be the same, else those that there are. */
function classesIn(files: readonly ReturnType<typeof openFile>[]): string[] {
  const [first, ...others] = files;
  if (!first) throw new UserError('no tables: the dataset has no files. save it again');
  const declared = (file: typeof first) => file.columns.classes?.join('\n');
  const other = others.find((file) => declared(file) !== declared(first));
  if (other)
    throw new UserError(
      `classes differ: ${first.path} and ${other.path} do not have the same classes. write both alike`,
    );
  return first.columns.classes ?? classesOf(files.flatMap(({ names }) => names));
}

function holdOut(files: TableFile[], classes: string[], testFraction: number, seed: number, notes: string[]): void {
  const rows = files.flatMap((file) => Array.from(file.labels, (label, row) => ({ label, row, file })));
  const split = splitListed(rows, classes, testFraction, seed);
  for (const { file, row } of split.test) file.splits[row] = 'test';
  notes.push(...split.notes);
}
