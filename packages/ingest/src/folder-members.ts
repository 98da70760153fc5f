import { createReadStream, statSync } from 'node:fs';
import type { Member } from './archive/member.ts';
import { byCodePoint } from './folder-tree.ts';
import { walkFolder } from './walk-folder.ts';

/**
 * What an archive unpacked to, as if it were read from the archive: in order of paths.
 * @param top folder that the archive has it in, whatever it is called now
 */
export function* folderMembers(folder: string, top: string): Generator<Member> {
  const found = walkFolder(folder).sort((a, b) => byCodePoint(a.path, b.path));
  for (const { path, file, kind } of found) {
    if (kind.is === 'empty') continue;
    const type = kind.is === 'odd' ? 'other' : 'file';
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    yield { path: `${top}/${path}`, type, size, target: '', content: () => createReadStream(file) };
  }
}
