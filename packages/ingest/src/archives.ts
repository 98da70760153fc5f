import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { UserError } from '@simclr/stage';
import { ByteReader } from './archive/byte-reader.ts';
import type { Member } from './archive/member.ts';
import { archiveError, membersIn, membersOf } from './archive/members.ts';
import { memberPath } from './archive/paths.ts';
import { folderMembers } from './folder-members.ts';

/** The files that a dataset is made from, by their official names: verified, and read as streams. */
export interface Archives {
  /**
   * The members of an archive in its order, paths in one form.
   * @throws UserError with the archive and the member: truncated, damaged, a path that leads out, no archive
   */
  members(file: string): AsyncGenerator<Member>;
  /** The members of an archive within one. @param name of the outer archive, for errors */
  inside(member: Member, name: string): AsyncGenerator<Member>;
  /** Label files of an archive, by path: those named, of which each has to be there; it is read no further than needed. */
  find(file: string, paths: readonly string[]): Promise<Map<string, Buffer>>;
  /** All of its members that pass. */
  filter(file: string, test: (path: string) => boolean): Promise<Map<string, Buffer>>;
  /** Those of the files that are not one folder. */
  distinct(files: readonly string[]): string[];
  /** Whether it is one of the dataset's files as they were found. */
  has(file: string): boolean;
  /** A file that is no archive. */
  bytes(file: string): Promise<Buffer>;
}

export interface OpenOptions {
  /** Of files that are folders, unpacked: the folder that the archive has it all in. */
  tops?: ReadonlyMap<string, string>;
  signal?: AbortSignal;
  /** Told what is odd about an archive, but does no harm. */
  note?: (text: string) => void;
  /** Told how much of an archive is read. */
  onProgress?: (file: string, bytes: number, of: number) => void;
}

/** Bytes of the longest label file, and of all that are held at a time. */
const LONGEST = 2 ** 26;
const ALL = 2 ** 28;

/** Reads all of a member. @throws UserError where it is longer than `most` bytes */
export async function contentOfMember({ path, size, content }: Member, most = LONGEST): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (size > most) throw tooLarge(path, size, most);
  for await (const chunk of content()) {
    bytes += chunk.length;
    if (bytes > most) throw tooLarge(path, bytes, most);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

const tooLarge = (path: string, bytes: number, most: number) =>
  new UserError(`too large: ${path} has ${bytes} bytes or more. at most ${most} are read. fetch the archive again`);

/** @param paths of the files, by their official names */
export function openArchives(paths: ReadonlyMap<string, string>, options: OpenOptions = {}): Archives {
  const { signal, note = () => {}, onProgress, tops = new Map() } = options;
  const pathOf = (file: string) => paths.get(file) ?? file;

  async function* inWords(
    archive: string,
    members: AsyncGenerator<Member> | Generator<Member>,
  ): AsyncGenerator<Member> {
    let [at, count] = ['', 0];
    try {
      for await (const member of members) {
        signal?.throwIfAborted();
        at = member.path;
        count++;
        yield { ...member, path: memberPath(member.path, archive), content: () => contentInWords(member) };
      }
    } catch (error) {
      if (error instanceof UserError || signal?.aborted) throw error;
      throw new UserError(archiveError(error, archive, at, count));
    }
    async function* contentInWords(member: Member) {
      try {
        yield* member.content();
      } catch (error) {
        throw new UserError(archiveError(error, archive, at, count));
      }
    }
  }

  async function* members(file: string) {
    const path = pathOf(file);
    if (statSync(path).isDirectory()) {
      yield* inWords(path, folderMembers(path, tops.get(file) ?? file));
      return;
    }
    yield* inWords(
      path,
      membersOf(path, note, (bytes, of) => onProgress?.(file, bytes, of)),
    );
  }

  async function collect(file: string, test: (path: string) => boolean, count = Number.POSITIVE_INFINITY) {
    const found = new Map<string, Buffer>();
    let bytes = 0;
    for await (const member of members(file)) {
      if (member.type !== 'file' || !test(member.path)) continue;
      if (found.has(member.path))
        throw new UserError(`ambiguous archive: ${pathOf(file)} has ${member.path} twice. fetch it again`);
      const content = await contentOfMember(member);
      bytes += content.length;
      if (bytes > ALL) throw tooLarge(pathOf(file), bytes, ALL);
      found.set(member.path, content);
      if (found.size === count) break;
    }
    return found;
  }

  return {
    members,
    inside: (member, name) => {
      const inner = `${pathOf(name)}/${member.path}`;
      return inWords(inner, membersIn(new ByteReader(member.content()), inner, note));
    },
    async find(file, wanted) {
      const names = new Set(wanted);
      const found = await collect(file, (path) => names.has(path), names.size);
      const missing = wanted.find((path) => !found.has(path));
      if (missing !== undefined)
        throw new UserError(`incomplete archive: ${pathOf(file)} has no ${missing}. fetch it again`);
      return found;
    },
    filter: (file, test) => collect(file, test),
    distinct: (files) => [...new Map(files.map((file) => [pathOf(file), file])).values()],
    has: (file) => paths.has(file),
    async bytes(file) {
      const path = pathOf(file);
      const { size } = statSync(path);
      if (size > LONGEST) throw tooLarge(path, size, LONGEST);
      return readFile(path);
    },
  };
}
