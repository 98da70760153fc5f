import { type FoundFile, isPicture } from './found-file.ts';

/** A folder of what was found. */
export interface Folder {
  /** Of Unicode's composed form (NFC): macOS writes the same names apart. */
  name: string;
  folders: Map<string, Folder>;
  files: FoundFile[];
  /** Images in it at any depth, also of formats that are not read. */
  images: number;
}

const folderOf = (name: string): Folder => ({ name, folders: new Map(), files: [], images: 0 });

/** What was found, by folders. */
export function folderTree(found: readonly FoundFile[]): Folder {
  const top = folderOf('');
  for (const file of found) {
    const parts = file.path.normalize('NFC').split('/');
    if (file.kind.is !== 'empty') parts.pop();
    let folder = top;
    if (isPicture(file)) folder.images++;
    for (const part of parts) {
      const inside = folder.folders.get(part) ?? folderOf(part);
      folder.folders.set(part, inside);
      folder = inside;
      if (isPicture(file)) folder.images++;
    }
    if (file.kind.is !== 'empty') folder.files.push(file);
  }
  return top;
}

/** Images that lie in the folder itself. */
export const imagesIn = (folder: Folder): FoundFile[] => folder.files.filter(isPicture);

/** Folders in it that have images at any depth. */
export const foldersWithImages = (folder: Folder): Folder[] =>
  [...folder.folders.values()].filter(({ images }) => images > 0);

/** All files below it, with their paths from it. */
export function* filesBelow(folder: Folder, before = ''): Generator<{ path: string; file: FoundFile }> {
  for (const file of folder.files) yield { path: `${before}${file.path.slice(file.path.lastIndexOf('/') + 1)}`, file };
  for (const inside of folder.folders.values()) yield* filesBelow(inside, `${before}${inside.name}/`);
}

/** Surrogates stand for the code points after all others. */
const rank = (unit: number) => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);

/** Orders text by its code points, on every machine. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
