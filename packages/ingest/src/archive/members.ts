import { createReadStream, statSync } from 'node:fs';
import { HEAD } from '@simclr/images/kinds';
import { UserError } from '@simclr/stage';
import { contentOf, describeContent } from '../magic.ts';
import { ByteReader, Truncated, Unsupported } from './byte-reader.ts';
import { DECOMPRESS } from './decompress.ts';
import type { Member } from './member.ts';
import { tarMembers } from './tar-members.ts';
import { zipMembers } from './zip-members.ts';

/** Says what is odd about an archive, but does no harm. */
export type Note = (text: string) => void;

/** Compressed twice, as downloads are now and then; more layers would be meant to do harm. */
const MOST_LAYERS = 2;

/**
 * The members of an archive on disk, in its order: a tar, also of gzip, bzip2, xz or zstd, or a zip.
 *
 * @param onProgress told the bytes of the archive read so far, and in all
 * @throws Error that `archiveError` puts in words, or UserError for what is no archive, or was changed meanwhile
 */
export async function* membersOf(
  archive: string,
  note: Note,
  onProgress?: (bytes: number, of: number) => void,
): AsyncGenerator<Member> {
  const before = statSync(archive);
  const file = createReadStream(archive, { highWaterMark: 1 << 20 });
  try {
    for await (const member of membersIn(new ByteReader(file), archive, note, archive)) {
      yield member;
      onProgress?.(file.bytesRead, before.size);
    }
    const after = statSync(archive);
    if (after.ino !== before.ino || after.size !== before.size || after.mtimeMs !== before.mtimeMs)
      throw new UserError(
        `changed archive: ${archive} was written to while it was read. npm run pipeline -- run <pipeline> reads it again`,
      );
  } finally {
    file.destroy();
  }
}

/**
 * The members of an archive that is read as a stream, as one within another is: of a tar. A zip has its directory at its end.
 *
 * @param name of the archive, for errors
 * @param file where it lies on disk, if it does
 */
export async function* membersIn(first: ByteReader, name: string, note: Note, file?: string): AsyncGenerator<Member> {
  let source = first;
  const layers: { format: string; source: ByteReader }[] = [];
  try {
    for (;;) {
      const content = contentOf(await source.peek(HEAD));
      if (content.is === 'compressed' && layers.length < MOST_LAYERS) {
        source = new ByteReader(DECOMPRESS[content.format](source, note));
        layers.push({ format: content.format, source });
        continue;
      }
      if (content.is === 'archive' && content.format === 'tar') return yield* tarMembers(source, note);
      if (content.is === 'archive' && layers.length === 0) {
        if (file !== undefined) return yield* zipMembers(file, note);
        throw new Unsupported('a zip within an archive, which is not read. unpack it and pack it as a tar');
      }
      const found = [...layers.map(({ format }) => format), describeContent(content)].join(' of ');
      throw new UserError(
        `not an archive: ${name} is ${found}. expected a folder, or a tar (also of gzip, bzip2, xz or zstd) or zip archive of one`,
      );
    }
  } finally {
    // Who has what he looked for reads no further: decoders are let go, the last one first.
    for (const layer of layers.toReversed()) await layer.source.close();
  }
}

/**
 * Why an archive could not be read, in a line.
 *
 * @param at last member that was met
 * @param members so many were before
 */
export function archiveError(error: unknown, archive: string, at: string, members: number): string {
  const { message, syscall } = error as NodeJS.ErrnoException;
  if (syscall) return `unreadable archive: ${archive}. ${message}. correct it`;
  const where = `${at ? `at ${at}, ` : ''}after ${members} members`;
  if (error instanceof Unsupported) return `unread archive: ${archive}: ${message}`;
  if (error instanceof Truncated)
    return `truncated archive: ${archive} ends too soon ${where}: ${message}. fetch it again`;
  return `broken archive: ${archive} ${where}: ${message}. fetch it again`;
}
