import { createReadStream, mkdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { HEAD } from '@simclr/images/kinds';
import { UserError } from '@simclr/stage';
import type { FoundFile } from '../found-file.ts';
import { contentOf, describeContent } from '../magic.ts';
import { ByteReader, Truncated, Unsupported } from './byte-reader.ts';
import { DECOMPRESS } from './decompress.ts';
import type { Member } from './member.ts';
import { tarMembers } from './tar-members.ts';
import { Tree } from './tree.ts';
import { zipMembers } from './zip-members.ts';

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

/** Compressed twice, as downloads are now and then; more layers would be meant to do harm. */
const MOST_LAYERS = 2;

/** Share of the free space that an archive may fill. */
const FILL = 0.9;

/**
 * Unpacks the images of an archive into a folder that it makes anew, under names of its own: how members are called, their
 * modes and where links lead never meets the file system. Of other members only what they are is kept.
 *
 * @throws UserError with the archive's path and the member
 */
export async function unpack(archive: string, folder: string, options: UnpackOptions = {}): Promise<Unpacked> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  const tree = new Tree(archive, folder, FILL * bavail * bsize);
  const notes: string[] = [];
  let [members, at] = [0, ''];
  try {
    for await (const member of membersOf(archive, options, (note) => notes.push(note))) {
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
  const { code, message, syscall } = error;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return `disk full: ${archive} does not fit into ${folder}. free some space, or unpack it elsewhere and give the folder`;
  if (syscall) return `unreadable archive: ${archive}. ${message}. correct it`;
  const where = `${at ? `at ${at}, ` : ''}after ${members} members`;
  if (error instanceof Unsupported) return `unread archive: ${archive}: ${message}`;
  if (error instanceof Truncated)
    return `truncated archive: ${archive} ends too soon ${where}: ${message}. fetch it again`;
  return `broken archive: ${archive} ${where}: ${message}. fetch it again`;
}

async function* membersOf(
  archive: string,
  { onProgress }: UnpackOptions,
  note: (text: string) => void,
): AsyncGenerator<Member> {
  const { size } = statSync(archive);
  const file = createReadStream(archive, { highWaterMark: 1 << 20 });
  try {
    let source = new ByteReader(file);
    const layers: string[] = [];
    for (;;) {
      const content = contentOf(await source.peek(HEAD));
      if (content.is === 'compressed' && layers.length < MOST_LAYERS) {
        source = new ByteReader(DECOMPRESS[content.format](source, note));
        layers.push(content.format);
      } else if (content.is === 'archive' && (content.format === 'tar' || layers.length === 0)) {
        const members = content.format === 'tar' ? tarMembers(source, note) : zipMembers(archive, note);
        for await (const member of members) {
          yield member;
          onProgress?.(file.bytesRead, size);
        }
        return;
      } else {
        throw new UserError(
          `not an archive: ${archive} is ${[...layers, describeContent(content)].join(' of ')}. expected a folder, or a tar (also of gzip, bzip2, xz or zstd) or zip archive of one`,
        );
      }
    }
  } finally {
    file.destroy();
  }
}
