import { UserError } from '@simclr/stage';
import { classesOf } from './class-names.ts';
import { readTable, type TableRow } from './formats/table.ts';
import { type FoundFile, isPicture } from './found-file.ts';
import { counted } from './left-out.ts';
import type { Listed, ListedImages } from './list-images.ts';

/**
 * The images that a table names, among those found. Rows for validation are joined to training where there are some for tests,
 * and taken for these where there are none, as folders are.
 *
 * @param root path of the folder or archive, for messages
 * @throws UserError for images that are not there or come twice, and where only some rows have a split
 */
export function listTable(root: string, found: readonly FoundFile[], table: string): ListedImages {
  const rows = readTable(table);
  const files = new Map(found.map((file) => [file.path.normalize('NFC'), file]));
  const classes = classesOf(rows.map(({ label }) => label));
  const indices = new Map(classes.map((name, label) => [name, label]));
  const used = new Set<string>();
  const absent: TableRow[] = [];
  const list = (part: TableRow[]): Listed[] =>
    part.flatMap((row) => {
      const path = row.path.normalize('NFC');
      if (used.has(path)) throw new UserError(`image named twice: ${table}, line ${row.at}: ${row.path}. keep one`);
      used.add(path);
      const file = files.get(path);
      // What is called an image and is none is told with those that cannot be decoded.
      if (!file || file.file.length === 0 || file.kind.is === 'odd' || file.kind.is === 'empty') {
        absent.push(row);
        return [];
      }
      const label = indices.get(row.label)!;
      return [{ path: file.file, part: file.part, shown: `${root}/${path}`, name: `${row.label}/${path}`, label }];
    });
  const of = (split: TableRow['split']) => rows.filter((row) => row.split === split);
  const [train, validation, test, without] = [of('train'), of('validation'), of('test'), of(undefined)];
  if (without.length > 0 && without.length < rows.length)
    throw new UserError(`no split: ${table}, line ${without[0]!.at}. give one to all rows, or to none`);
  const [notes, parts] = partsOf(train, validation, test, without);
  const listed = { files: list(parts.train), test: parts.test && list(parts.test) };
  if (absent.length > 0)
    throw new UserError(
      `missing images: ${absent.length} of ${rows.length} in ${table} are not images in ${root}, for example line ${absent[0]!.at}: ${absent[0]!.path}. correct the table`,
    );
  const beside = found.filter((file) => isPicture(file) && !used.has(file.path.normalize('NFC')));
  if (beside.length > 0)
    notes.push(
      `left out ${counted(beside.length, 'image that the table does not name', 'images that the table does not name')}, for example ${beside[0]!.path}`,
    );
  return { classes, ...listed, notes };
}

function partsOf(
  train: TableRow[],
  validation: TableRow[],
  test: TableRow[],
  without: TableRow[],
): [notes: string[], parts: { train: TableRow[]; test: TableRow[] | undefined }] {
  if (without.length > 0) return [[], { train: without, test: undefined }];
  if (validation.length === 0) return [[], { train, test: test.length > 0 ? test : undefined }];
  if (test.length === 0) return [['validation is taken as the test split'], { train, test: validation }];
  return [
    [`validation is joined to train (${counted(validation.length, 'image')})`],
    { train: [...train, ...validation], test },
  ];
}
