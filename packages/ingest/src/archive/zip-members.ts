import { isUtf8 } from 'node:buffer';
import { createReadStream, read } from 'node:fs';
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry } from 'yauzl';
import { Truncated, Unsupported } from './byte-reader.ts';
import { type Member, visible } from './member.ts';

/** The record at the end of a zip file without its comment, whose length is at 20 (APPNOTE 4.3.16). */
const END = 22;
const LONGEST_COMMENT = 0xffff;

/** Bytes of a file that are a zip archive: up to the end of its last end record. What follows is not. */
async function zipSize(path: string): Promise<{ zip: number; file: number }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    // Garbage may follow; so much of it is looked through.
    const tail = Buffer.alloc(Math.min(size, END + 16 * LONGEST_COMMENT));
    await file.read(tail, 0, tail.length, size - tail.length);
    for (let at = tail.lastIndexOf('PK\x05\x06'); at >= 0; at = at > 0 ? tail.lastIndexOf('PK\x05\x06', at - 1) : -1) {
      if (at + END > tail.length) continue;
      const end = at + END + tail.readUInt16LE(at + 20);
      if (end <= tail.length) return { zip: size - tail.length + end, file: size };
    }
    throw new Truncated('its directory, which is at its end, is missing');
  } finally {
    await file.close();
  }
}

/** Unix's kind of a file, in the upper half of the attributes of what was packed on Unix. */
const unixType = ({ externalFileAttributes, versionMadeBy }: Entry) =>
  versionMadeBy >> 8 === 3 || versionMadeBy >> 8 === 19 ? (externalFileAttributes >>> 16) & 0o170000 : 0;
const SYMLINK = 0o120000;

/** The record of a name in Unicode beside another (APPNOTE 4.6.9). */
const UNICODE_PATH = 0x7075;

/** Names are UTF-8 where a flag or record says so, else code page 437; macOS writes UTF-8 and does not say so. */
function pathOf({ fileNameRaw, generalPurposeBitFlag, extraFields }: Entry): string {
  if (isUtf8(fileNameRaw) && !extraFields.some(({ id }) => id === UNICODE_PATH))
    return visible(fileNameRaw.toString('utf8').replaceAll('\\', '/'));
  return visible(yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false));
}

/**
 * The members of a zip file, also of a large one (zip64).
 *
 * @param note what is odd, but does no harm
 * @throws Truncated, Unsupported, or Error with a reason
 */
export async function* zipMembers(path: string, note: (text: string) => void): AsyncGenerator<Member> {
  const { zip: size, file } = await zipSize(path);
  if (size < file) note(`${file - size} bytes follow its end and are not read`);
  const handle = await open(path);
  try {
    const reader = new FileReader(path, handle.fd);
    const zip = await yauzl.fromRandomAccessReaderPromise(reader, size, { decodeStrings: false, autoClose: false });
    for await (const entry of zip.eachEntry()) {
      const name = pathOf(entry);
      if (entry.isEncrypted())
        throw new Unsupported(`${name} is encrypted. unpack it with its password and give the folder`);
      const content = () => contentOf(zip, entry, name);
      const type = name.endsWith('/') ? 'folder' : unixType(entry) === SYMLINK ? 'symlink' : 'file';
      let target = '';
      if (type === 'symlink')
        for await (const chunk of content()) target += visible(Buffer.from(chunk).toString('utf8'));
      yield { path: name, type, size: entry.uncompressedSize, target, content };
    }
    const next = Buffer.alloc(4);
    await handle.read(next, 0, 4, Number(zip.readEntryCursor));
    if (next.toString('latin1') === 'PK\x01\x02')
      throw new Unsupported(
        `it has more than the ${zip.entryCount} members that it says, as macOS writes it. pack it again with zip or tar`,
      );
  } finally {
    await handle.close();
  }
}

class FileReader extends yauzl.RandomAccessReader {
  readonly #path: string;
  readonly #fd: number;

  constructor(path: string, fd: number) {
    super();
    this.#path = path;
    this.#fd = fd;
  }

  /** A descriptor of its own: a stream that is given up closes it. */
  override _readStreamForRange(start: number, end: number) {
    return createReadStream(this.#path, { start, end: end - 1 });
  }

  override read(...[buffer, offset, length, position, done]: Parameters<yauzl.RandomAccessReader['read']>): void {
    read(this.#fd, buffer, offset, length, position, done);
  }
}

async function* contentOf(zip: yauzl.ZipFile, entry: Entry, name: string): AsyncGenerator<Uint8Array> {
  if (!entry.canDecodeFileData())
    throw new Unsupported(
      `${name} is compressed by method ${entry.compressionMethod}, which is not read. pack it again with deflate`,
    );
  let sum = 0;
  for await (const chunk of await zip.openReadStreamPromise(entry)) {
    sum = crc32(chunk as Buffer, sum);
    yield chunk as Buffer;
  }
  if (sum !== entry.crc32) throw new Error(`${name} is damaged: its checksum does not match`);
}
