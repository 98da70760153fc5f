import { isUtf8 } from 'node:buffer';
import { closeSync, type Dirent, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { HEAD } from '@simclr/images/kinds';
import { UserError } from '@simclr/stage';
import { nameOf } from './archive/member.ts';
import { isJunk } from './archive/paths.ts';
import { type FileKind, type FoundFile, isImageName, kindOfContent } from './found-file.ts';

type Path = string | Buffer;

/** Names are bytes to the system; most of them are UTF-8. */
const joined = (folder: Path, name: Buffer): Path =>
  typeof folder === 'string' && isUtf8(name)
    ? `${folder}/${name}`
    : Buffer.concat([Buffer.from(folder), Buffer.from('/'), name]);

/** Runs a call of `node:fs`. @throws UserError with the path, shown */
function reading<T>(shown: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EACCES' || code === 'EPERM' ? 'no permission to read it' : message.split(',')[0];
    throw new UserError(`unreadable: ${shown}. ${why}. correct it or give another folder`);
  }
}

function headOf(path: Path): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    const head = Buffer.alloc(HEAD);
    return head.subarray(0, readSync(fd, head));
  } finally {
    closeSync(fd);
  }
}

/** What can be no image, in words. */
export function oddity(stat: Stats): string {
  if (stat.isFIFO()) return 'a fifo';
  return stat.isSocket() ? 'a socket' : 'a device';
}

/**
 * All that lies in a folder at any depth, links followed, in no order. Hidden files and those of operating systems are
 * passed over. Files are opened only where their name does not tell what they are.
 *
 * @throws UserError where it is missing, or something in it may not be read
 */
export function walkFolder(folder: string): FoundFile[] {
  const stat = reading(folder, () => statSync(folder, { throwIfNoEntry: false }));
  if (!stat?.isDirectory())
    throw new UserError(`missing folder: ${folder}. expected a folder of images for each class in it`);
  return [...walk({ folder, path: folder, inside: '', around: [identity(stat)] })];
}

interface Place {
  /** Where the walk began. */
  folder: string;
  path: Path;
  /** From `folder`. */
  inside: string;
  /** The folder and those that it lies in, by links too. */
  around: string[];
}

const identity = ({ dev, ino }: Stats): string => `${dev} ${ino}`;
const shown = ({ folder, inside }: Place): string => (inside === '' ? folder : `${folder}/${inside}`);

function* walk(place: Place): Generator<FoundFile> {
  const { path, inside } = place;
  const all = reading(shown(place), () => readdirSync(path, { withFileTypes: true, encoding: 'buffer' }));
  const entries = all.filter(({ name }) => !isJunk(nameOf(name)));
  if (entries.length === 0 && inside !== '') yield { path: inside, file: path, kind: { is: 'empty' } };
  for (const entry of entries) {
    const name = nameOf(entry.name);
    yield* visit(entry, {
      ...place,
      path: joined(path, entry.name),
      inside: inside === '' ? name : `${inside}/${name}`,
    });
  }
}

function* visit(entry: Dirent<Buffer>, place: Place): Generator<FoundFile> {
  const { path, inside, around } = place;
  const found = (kind: FileKind): FoundFile => ({ path: inside, file: path, kind });
  const image = isImageName(inside);
  if (entry.isFile() && image) return yield found({ is: 'image' });
  let stat: Stats;
  try {
    stat = statSync(path);
  } catch {
    // A link to nowhere or to itself. One that is called an image is an image that is missing: reading it says so.
    return yield found(image ? { is: 'image' } : { is: 'odd', what: 'a broken link' });
  }
  if (stat.isDirectory()) {
    const id = identity(stat);
    if (around.includes(id)) return yield found({ is: 'odd', what: 'a link to a folder around it' });
    return yield* walk({ ...place, around: [...around, id] });
  }
  if (!stat.isFile()) return yield found({ is: 'odd', what: oddity(stat) });
  yield found(image ? { is: 'image' } : reading(shown(place), () => kindOfContent(headOf(path))));
}
