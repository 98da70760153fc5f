import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { UserError } from '@simclr/stage';
import type { FoundFile } from '../found-file.ts';
import { archiveError, membersOf } from './members.ts';
import { Tree } from './tree.ts';

export interface UnpackOptions {
  signal?: AbortSignal;
  /** Bytes of the archive read so far, and in all. */
  onProgress?: (bytes: number, of: number) => void;
}

/** What an archive holds. */
export interface Unpacked {
  files: FoundFile[];
  /** What is odd about it, a line each. */
  notes: string[];
}

/** Share of the free space that an archive may fill. */
const FILL = 0.9;

/**
 * Unpacks the images of an archive into a file in a folder that it makes anew, one behind the other: how members are called, their
 * modes and where links lead never meets the file system. Of other members only what they are is kept.
 *
 * @throws UserError with the archive's path and the member
 */
export async function unpack(archive: string, folder: string, options: UnpackOptions = {}): Promise<Unpacked> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  using tree = new Tree(archive, folder, FILL * bavail * bsize);
  const notes: string[] = [];
  let [members, at] = [0, ''];
  try {
    for await (const member of membersOf(archive, (note) => notes.push(note), options.onProgress)) {
      options.signal?.throwIfAborted();
      at = member.path;
      await tree.add(member);
      members++;
    }
    return { files: tree.files(), notes: [...notes, ...tree.notes()] };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    if (error instanceof UserError || options.signal?.aborted) throw error;
    throw new UserError(inWords(error as NodeJS.ErrnoException, archive, folder, at, members));
  }
}

function inWords(error: NodeJS.ErrnoException, archive: string, folder: string, at: string, members: number): string {
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    return `disk full: ${archive} does not fit into ${folder}. free some space, or unpack it elsewhere and give the folder`;
  return archiveError(error, archive, at, members);
}
