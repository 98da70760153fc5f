import { extname } from 'node:path';
import { byCodePoint } from './folder-tree.ts';
import type { FoundFile } from './found-file.ts';

/** Extensions that are named. */
const MOST_EXTENSIONS = 5;

/** `1 file`, `12,000 files`. */
export const counted = (n: number, one: string, many = `${one}s`) =>
  `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;

/** `.txt 2, .csv 1`, the most frequent first. */
export function extensions(files: readonly FoundFile[]): string {
  const groups = Map.groupBy(files, ({ path }) => extname(path).toLowerCase() || 'no extension');
  const all = [...groups].map(([name, { length }]) => ({ name, length }));
  all.sort((a, b) => b.length - a.length || byCodePoint(a.name, b.name));
  const named = all.slice(0, MOST_EXTENSIONS).map(({ name, length }) => `${name} ${length}`);
  return [...named, ...(all.length > named.length ? ['…'] : [])].join(', ');
}

/**
 * What lies in a folder and is no row, in words: a line for each reason, with a number and an example. What operating systems
 * leave there is not among it.
 */
export function leftOut(found: readonly FoundFile[], used: ReadonlySet<FoundFile>): string[] {
  const left = found.filter((file) => !used.has(file) && file.kind.is !== 'empty');
  left.sort((a, b) => byCodePoint(a.path, b.path));
  const of = (...kinds: FoundFile['kind']['is'][]) => left.filter(({ kind }) => kinds.includes(kind.is));
  const [other, odd, beside] = [of('other'), of('odd'), of('image', 'foreign')];
  const line = (files: FoundFile[], what: string) =>
    files.length > 0 ? [`left out ${what}, for example ${files[0]!.path}`] : [];
  const oddKinds = Map.groupBy(odd, ({ kind }) => (kind.is === 'odd' ? kind.what : ''));
  const images = counted(beside.length, 'image that is', 'images that are');
  return [
    ...line(
      other,
      `${counted(other.length, 'file that is no image', 'files that are no images')} (${extensions(other)})`,
    ),
    ...line(beside, `${images} not in a folder of a class`),
    ...[...oddKinds].flatMap(([what, files]) => line(files, `${counted(files.length, 'entry', 'entries')} (${what})`)),
  ];
}
