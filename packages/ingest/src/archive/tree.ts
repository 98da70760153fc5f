import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { HEAD } from '@simclr/images/kinds';
import { UserError } from '@simclr/stage';
import { type FileKind, type FoundFile, isImageName, kindOfContent, type Part } from '../found-file.ts';
import { ByteReader } from './byte-reader.ts';
import type { Member } from './member.ts';
import { followLinks, isJunk, type Links, linkTarget, memberPath } from './paths.ts';

/** A name tells, or the first bytes; an archive of many empty files is not opened for each. */
async function kindOf(path: string, size: number, content: ByteReader): Promise<FileKind> {
  if (isImageName(path)) return { is: 'image' };
  return size === 0 ? { is: 'other' } : kindOfContent(await content.peek(HEAD));
}

/** What an archive holds, as it is met: images are written, links are followed at the end. */
export class Tree implements Disposable {
  readonly #archive: string;
  readonly #folder: string;
  readonly #room: number;
  readonly #files = new Map<string, FoundFile>();
  readonly #links: Links = new Map();
  readonly #folders = new Set<string>();
  readonly #outside: string[] = [];
  #spool: number | undefined;
  #bytes = 0;
  #twice = 0;

  /**
   * @param archive path, for errors
   * @param folder that images are written into
   * @param room bytes that they may take
   */
  constructor(archive: string, folder: string, room: number) {
    this.#archive = archive;
    this.#folder = folder;
    this.#room = room;
  }

  /** Takes a member; of one that comes again, the last counts. */
  async add(member: Member): Promise<void> {
    const path = memberPath(member.path, this.#archive);
    if (path === '' || path.split('/').some(isJunk)) return;
    if (member.type === 'folder') return void this.#folders.add(path);
    const again = this.#files.delete(path) || this.#links.delete(path);
    if (again) this.#twice++;
    if (member.type === 'link' || member.type === 'symlink') return this.#addLink(path, member);
    const kind: FileKind = member.type === 'other' ? { is: 'odd', what: 'a device or fifo' } : { is: 'other' };
    this.#files.set(path, member.type === 'other' ? { path, file: '', kind } : await this.#store(path, member));
  }

  #addLink(path: string, { type, target }: Member): void {
    const parts = linkTarget(path, target, type === 'link');
    if (!parts) return void this.#outside.push(`${path} leads to ${target}`);
    // A hard link is what its target is now, not what may come under the name later.
    const linked = type === 'link' ? this.#files.get(parts.join('/')) : undefined;
    if (linked) this.#files.set(path, { ...linked, path });
    else this.#links.set(path, parts);
  }

  async #store(path: string, member: Member): Promise<FoundFile> {
    const content = new ByteReader(member.content());
    try {
      const kind = await kindOf(path, member.size, content);
      if (kind.is !== 'image') return { path, file: '', kind };
      return { path, file: this.#spoolPath, part: await this.#write(member.size, content), kind };
    } finally {
      await content.close();
    }
  }

  get #spoolPath(): string {
    return join(this.#folder, 'images');
  }

  /** Writes an image behind those before it: a file for each would take longer than to decode a small one. */
  async #write(size: number, content: ByteReader): Promise<Part> {
    if (this.#bytes + size > this.#room)
      throw new UserError(
        `too large: ${this.#archive} unpacks to more than the ${(this.#room / 2 ** 30).toFixed(1)} GiB that may be filled in ${this.#folder}. free some space, or unpack it elsewhere and give the folder`,
      );
    this.#spool ??= openSync(this.#spoolPath, 'wx');
    const offset = this.#bytes;
    for await (const chunk of content.rest()) {
      for (let from = 0; from < chunk.length; ) from += writeSync(this.#spool, chunk, from);
      this.#bytes += chunk.length;
    }
    return { offset, length: this.#bytes - offset };
  }

  /** Nothing is written any more. */
  [Symbol.dispose](): void {
    if (this.#spool !== undefined) closeSync(this.#spool);
  }

  /** All files, links followed. @throws UserError for links out of the archive, and images that lead nowhere */
  files(): FoundFile[] {
    if (this.#outside.length > 0) throw this.#leading('links out of the archive', this.#outside);
    const nowhere: string[] = [];
    const files = [...this.#files.values()];
    for (const [path, target] of this.#links) {
      const end = followLinks(target, this.#links);
      const linked = this.#through(path, end);
      if (linked.length > 0) files.push(...linked);
      else if (isImageName(path)) nowhere.push(`${path} leads to ${target.join('/')}`);
      else files.push({ path, file: '', kind: { is: 'odd', what: 'a broken link' } });
    }
    if (nowhere.length > 0) throw this.#leading('links to nothing', nowhere);
    const filled = new Set<string>();
    for (const path of [...files.map((file) => file.path), ...this.#folders])
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) filled.add(path.slice(0, at));
    const empty = [...this.#folders].filter((path) => !filled.has(path));
    return [...files, ...empty.map((path): FoundFile => ({ path, file: '', kind: { is: 'empty' } }))];
  }

  /** What a link at `path` shows: the file at its end, or the files below. */
  #through(path: string, end: string | undefined): FoundFile[] {
    if (end === undefined || `${path}/`.startsWith(`${end}/`)) return [];
    const file = this.#files.get(end);
    if (file) return [{ ...file, path }];
    return [...this.#files.values()]
      .filter((below) => below.path.startsWith(`${end}/`))
      .map((below) => ({ ...below, path: `${path}${below.path.slice(end.length)}` }));
  }

  #leading(what: string, links: string[]): UserError {
    const more = links.length > 1 ? ` (and ${links.length - 1} more)` : '';
    return new UserError(
      `${what}: ${this.#archive}: ${links[0]}${more}. pack it again with the files themselves (tar --dereference)`,
    );
  }

  /** What is odd about the archive. */
  notes(): string[] {
    return this.#twice > 0 ? [`${this.#twice} members come more than once: the last of each is taken`] : [];
  }
}
