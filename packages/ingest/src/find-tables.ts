import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { UserError, z } from '@simclr/stage';
import { byCodePoint } from './folder-tree.ts';
import { type FoundFile, isPicture } from './found-file.ts';
import { beginningOf } from './open-columnar.ts';

/** Files of one split, in order. */
export interface TableSplit {
  /** As its folder or files are called; undefined where they are not. */
  name: string | undefined;
  files: string[];
}

const State = z.object({
  _data_files: z.array(z.object({ filename: z.string().regex(/^[^/\\]+$/) })),
  _indices_data_files: z.null().optional(),
});
const Splits = z.object({ splits: z.array(z.string().regex(/^[^/\\]+$/)).min(1) });

const TABLE = /\.(arrow|parquet)$/i;
/** What `datasets` keeps of calls of `map`. */
const CACHE = /^cache-.*\.arrow$/;
/** A split's name in that of a file or folder: `train-00000-of-00001.parquet`, `cifar10-test.arrow`. */
const SPLIT = /(?:^|[-_. ])(train(?:ing)?|val(?:id(?:ation)?)?|dev|test(?:ing)?)(?:$|[-_. \d[])/i;

/**
 * The files of a dataset that Hugging Face's `save_to_disk` wrote: one split, or several with `dataset_dict.json`. Or one file, of
 * Arrow or Parquet.
 *
 * @returns undefined for what is none
 * @throws UserError where it is one, and incomplete
 */
export function savedTables(path: string): TableSplit[] | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile()) return isTable(path) ? [{ name: undefined, files: [path] }] : undefined;
  const dict = readJson(join(path, 'dataset_dict.json'), Splits);
  if (dict) return dict.splits.map((name) => ({ name, files: savedFiles(join(path, name)) }));
  const saved = statSync(join(path, 'state.json'), { throwIfNoEntry: false });
  return saved && [{ name: undefined, files: savedFiles(path) }];
}

/** Whether a file is called, or begins, as Parquet or Arrow do. */
const isTable = (path: string): boolean => TABLE.test(path) || /^(PAR1|ARROW1|\xff{4})/.test(beginningOf(path, 6));

function savedFiles(folder: string): string[] {
  const state = readJson(join(folder, 'state.json'), State);
  if (!state) throw new UserError(`incomplete dataset: ${folder} has no state.json. save it again with save_to_disk`);
  return state._data_files.map(({ filename }) => {
    const file = join(folder, filename);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile())
      throw new UserError(`incomplete dataset: ${file} is missing. save it again with save_to_disk`);
    return file;
  });
}

function readJson<T>(path: string, schema: z.ZodType<T>): T | undefined {
  if (!statSync(path, { throwIfNoEntry: false })) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new UserError(`invalid dataset: ${path} is no JSON. save it again with save_to_disk`);
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(
    `invalid dataset: ${path}: ${issue!.path.join('.')}: ${issue!.message}. save it again with save_to_disk`,
  );
}

/**
 * Tables of a folder that has no images, as on Hugging Face's hub: `data/train-00000-of-00001.parquet`. Their files' names say of
 * which split they are, or those of the folders that they are in.
 *
 * @returns undefined where there are none
 * @throws UserError where it is not clear which are meant
 */
export function hubTables(folder: string, found: readonly FoundFile[]): TableSplit[] | undefined {
  const tables = found.filter(({ path }) => TABLE.test(path) && !CACHE.test(basename(path)));
  if (tables.length === 0 || found.some(isPicture)) return undefined;
  tables.sort((a, b) => byCodePoint(a.path, b.path));
  const [{ path: first, file }] = tables as [FoundFile];
  if (file.length === 0)
    throw new UserError(`tables in an archive: ${folder} holds ${first}. unpack it and name the folder`);
  if (new Set(tables.map(({ path }) => extname(path).toLowerCase())).size > 1)
    throw new UserError(`two kinds of tables: ${folder} has .arrow and .parquet. name a folder of one`);
  const splits = Map.groupBy(tables, ({ path }) => splitOf(path));
  for (const [name, files] of splits) {
    const [one, other] = [...new Set(files.map(({ path }) => dirname(path)))];
    if (other === undefined) continue;
    const what = name ?? 'tables';
    throw new UserError(`several datasets: ${folder} has ${what} in ${one} and in ${other}. name the folder of one`);
  }
  return [...splits].map(([name, files]) => ({ name, files: files.map(({ file }) => String(file)) }));
}

const splitOf = (path: string): string | undefined =>
  [basename(path), basename(dirname(path))].map((name) => SPLIT.exec(name)?.[1]?.toLowerCase()).find(Boolean);
