import { type BigIntStats, lstatSync, readdirSync, statSync } from 'node:fs';

/** What is at a place below a folder. Only a file has content that counts; of the others their being there does. */
export interface TreeEntry {
  /** Relative to the root, '' for the root itself: the name's bytes, one a character, as names need not be UTF-8. */
  name: string;
  kind: string;
  path: Buffer;
  /** Of a file, or of what a link to one leads to. */
  stat?: BigIntStats;
}

/**
 * All that is at and below `root`, links followed, sorted by name; what is hidden (`.DS_Store`) left out. A folder that
 * is reached a second time, through a link, is not gone through again, so that no loop of links is endless. Nothing that
 * can be there is an error: what is no readable file or folder is listed by its kind.
 */
export function listTree(root: string): TreeEntry[] {
  const entries: TreeEntry[] = [];
  const seen = new Map<string, string>();
  const visit = (name: string, path: Buffer) => {
    const found = look(path);
    const entry = { name, path, ...found };
    entries.push(entry);
    if (found.kind !== 'folder') return;
    const identity = `${found.stat!.dev}:${found.stat!.ino}`;
    const first = seen.get(identity);
    if (first !== undefined) {
      entry.kind = `folder again: ${first}`;
      return;
    }
    seen.set(identity, name);
    let inside: Buffer[];
    try {
      inside = readdirSync(path, { encoding: 'buffer' });
    } catch (error) {
      entry.kind = unreadable(error);
      return;
    }
    for (const child of inside.map((bytes) => bytes.toString('latin1')).sort()) {
      if (child.startsWith('.')) continue;
      const at = Buffer.concat([path, Buffer.from(`/${child}`, 'latin1')]);
      visit(name === '' ? child : `${name}/${child}`, at);
    }
  };
  visit('', Buffer.from(root));
  return entries;
}

function look(path: Buffer): { kind: string; stat?: BigIntStats } {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stat) return { kind: lstatSync(path, { throwIfNoEntry: false }) ? 'broken link' : 'missing' };
    if (stat.isFile()) return { kind: 'file', stat };
    if (stat.isDirectory()) return { kind: 'folder', stat };
    if (stat.isFIFO()) return { kind: 'fifo' };
    return { kind: stat.isSocket() ? 'socket' : 'device' };
  } catch (error) {
    return { kind: unreadable(error) };
  }
}

export function unreadable(error: unknown): string {
  return `unreadable: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`;
}

/** A name as people read it, in one line: `\x0a` for a line feed in it. */
export function readableName(name: string): string {
  const text = Buffer.from(name, 'latin1').toString('utf8');
  return text.replace(/\p{Cc}/gu, (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
