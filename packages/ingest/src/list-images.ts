import { UserError } from '@simclr/stage';
import { byCodePoint, type Folder, filesBelow, foldersWithImages, folderTree, imagesIn } from './folder-tree.ts';
import { type FoundFile, isPicture, type Part } from './found-file.ts';
import { counted, extensions, leftOut } from './left-out.ts';
import { findSplits } from './split-folders.ts';

/** An image of a folder. */
export interface Listed {
  /** Opens it: `node:fs` takes bytes for a name that is no UTF-8. */
  path: string | Buffer;
  /** Where in it the image lies, if it is not all of it. */
  part?: Part | undefined;
  /** Names it to its owner, in messages. Within an archive: the archive's path and that inside. */
  shown: string;
  /** `<class>/<file>`. */
  name: string;
  label: number;
}

/** The images of a folder or an archive, by class and name. */
export interface ListedImages {
  classes: string[];
  /** All images, or those for training where there is a split for tests. */
  files: Listed[];
  test: Listed[] | undefined;
  /** What was decided and left out, a line each. */
  notes: string[];
}

/**
 * Finds the classes: folders with images in them, at any depth; below folders that are alone where they are; in `train` and
 * `test` (or `val`), where there are such.
 *
 * @param root path of the folder or archive, for messages
 */
export function listImages(root: string, found: readonly FoundFile[]): ListedImages {
  const top = folderTree(found);
  if (top.images === 0) throw noImages(root, found);
  const { base, path } = baseOf(top);
  const at = [root, ...path].join('/');
  const notes = path.length > 0 ? [`its classes are the folders of ${at}`] : [];
  const { train, test, note } = findSplits(base, at) ?? { train: [base], test: undefined, note: undefined };
  if (note) notes.push(note);
  const [ofTrain, ofTest] = [train, test].map((folders) => folders?.map((folder) => baseOf(folder).base));
  const classes = classesOf(ofTrain!, test ? `${at}/${train[0]!.name}` : at);
  if (ofTest) requireSameClasses(classes, classesOf(ofTest, `${at}/${test![0]!.name}`), train, test!, at);
  const used = new Set<FoundFile>();
  const list = (folders: Folder[]) =>
    classes.flatMap((name, label) => {
      const files = folders.flatMap((folder) => picturesOf(folder.folders.get(name)));
      for (const { file } of files) used.add(file);
      return files.map(({ path, file }): Listed => {
        return { path: file.file, part: file.part, shown: `${root}/${file.path}`, name: `${name}/${path}`, label };
      });
    });
  const listed = { files: list(ofTrain!), test: ofTest && list(ofTest) };
  refuseForeign(root, used);
  const deeper = [...listed.files, ...(listed.test ?? [])].filter(({ name }) => name.split('/').length > 2);
  if (deeper.length > 0)
    notes.push(
      `${counted(deeper.length, 'image is', 'images are')} in deeper folders of a class, for example ${deeper[0]!.name}`,
    );
  return { classes, ...listed, notes: [...notes, ...leftOut(found, used)] };
}

/** Goes down to the folder that holds the classes, while one folder with images is alone and holds such folders itself. */
function baseOf(top: Folder): { base: Folder; path: string[] } {
  let base = top;
  const path: string[] = [];
  for (;;) {
    const [only, ...others] = foldersWithImages(base);
    if (!only || others.length > 0) return { base, path };
    const [below, beside] = [foldersWithImages(only).length, imagesIn(only).length];
    // With images of its own it is a class with folders in it; or a folder of classes, with a picture or two beside them.
    if (beside === 0 ? below === 0 : below < 2 || below <= beside) return { base, path };
    base = only;
    path.push(only.name);
  }
}

/** The names of the classes, in order. */
function classesOf(folders: Folder[], at: string): string[] {
  const names = new Set(folders.flatMap((folder) => foldersWithImages(folder).map(({ name }) => name)));
  const empty = folders.flatMap((folder) => [...folder.folders.values()]).find(isEmpty);
  if (empty && !names.has(empty.name))
    throw new UserError(
      `no images: ${at}/${empty.name}. expected ${at}/<class>/<image>.jpg or .png. remove the folder or fill it`,
    );
  const expected = `expected ${at}/<class>/<image>.jpg or .png`;
  if (names.size === 0) {
    const images = folders.reduce((sum, folder) => sum + folder.images, 0);
    throw new UserError(
      `no class folders: ${at} has ${counted(images, 'image')} and no folders of images. ${expected}`,
    );
  }
  return [...names].sort(byCodePoint);
}

const isEmpty = (folder: Folder): boolean => folder.files.length === 0 && [...folder.folders.values()].every(isEmpty);

const picturesOf = (folder: Folder | undefined) =>
  folder === undefined
    ? []
    : [...filesBelow(folder)]
        .filter(({ file }) => isPicture(file))
        .sort((a, b) => byCodePoint(a.path, b.path) || byCodePoint(a.file.path, b.file.path));

function requireSameClasses(train: string[], test: string[], ofTrain: Folder[], ofTest: Folder[], at: string): void {
  const missing = (from: string[], names: string[]) => from.filter((name) => !names.includes(name));
  const names = (folders: Folder[]) => folders.map(({ name }) => `${at}/${name}`).join(' and ');
  for (const [lacking, where, other] of [
    [missing(train, test), ofTrain, ofTest],
    [missing(test, train), ofTest, ofTrain],
  ] as const) {
    if (lacking.length === 0) continue;
    const more = lacking.length > 3 ? `, … (${lacking.length})` : '';
    throw new UserError(
      `classes differ: ${lacking.slice(0, 3).join(', ')}${more} is in ${names(where)} and not in ${names(other)}. give both the same`,
    );
  }
}

/** Formats that are images, and are not read. */
function refuseForeign(root: string, used: ReadonlySet<FoundFile>): void {
  const foreign = [...used].flatMap(({ path, kind }) => (kind.is === 'foreign' ? [{ path, format: kind.format }] : []));
  if (foreign.length === 0) return;
  const { path, format } = foreign[0]!;
  const { length } = foreign.filter((file) => file.format === format);
  throw new UserError(
    `unread format: ${length} of the images in ${root} are ${format}, for example ${path}. convert them to PNG or JPEG`,
  );
}

function noImages(root: string, found: readonly FoundFile[]): UserError {
  const expected = `expected ${root}/<class>/<image>.jpg or .png`;
  const archive = found.find(({ path }) => /\.(zip|tar|tgz|tbz2?|txz|tar\.\w+)$/i.test(path));
  if (archive)
    return new UserError(`no images: ${root} holds an archive, ${archive.path}. unpack it and name that. ${expected}`);
  const files = found.filter(({ kind }) => kind.is !== 'empty');
  const what =
    files.length > 0
      ? `${counted(files.length, 'file that is no image', 'files that are no images')} (${extensions(files)})`
      : 'nothing in it';
  return new UserError(`no images: ${root} has ${what}. ${expected}`);
}
