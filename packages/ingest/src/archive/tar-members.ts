import { type ByteReader, Truncated, Unsupported } from './byte-reader.ts';
import { type Member, nameOf } from './member.ts';
import { isTarHeader, readPax, readTarHeader } from './tar-header.ts';

const BLOCK = 512;
const zero = (block: Buffer) => block.every((byte) => byte === 0);
const padding = (size: number) => (BLOCK - (size % BLOCK)) % BLOCK;

/** Longest extended header: names and attributes, no content. */
const LONGEST = 1 << 26;

const TYPES: Record<string, Member['type']> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'symlink',
  '5': 'folder',
};
/** Links, devices and folders have no content, whatever their size says. */
const WITHOUT_CONTENT = /[1-6]/;

/**
 * The members of a tar archive up to its end, two blocks of zeros: of ustar, v7, GNU (long names, large sizes) and pax. Own,
 * since names have to stay bytes until all is known of them, and what follows the end has to be told from a broken header.
 *
 * @param note what is odd, but does no harm
 * @throws Truncated, Unsupported, or Error with a reason
 */
export async function* tarMembers(source: ByteReader, note: (text: string) => void): AsyncGenerator<Member> {
  const forAll = new Map<string, Buffer>();
  let forNext = new Map<string, Buffer>();
  for (;;) {
    const at = source.offset;
    const block = await source.peek(BLOCK);
    if (block.length === 0) return note('it has no end mark: where it was cut short, images are missing');
    if (block.length < BLOCK) throw new Truncated('a header is cut');
    await source.take(BLOCK);
    if (zero(block)) {
      const next = await source.peek(BLOCK);
      if (next.length < BLOCK || !isTarHeader(next)) return afterEnd(source, note);
      continue; // A lone block of zeros.
    }
    const header = readTarHeader(block);
    if (!header) throw new Error(`there is no tar header at byte ${at}`);
    if (/[xgLKX]/.test(header.type)) {
      if (header.size > LONGEST) throw new Error(`an extended header of ${header.size} bytes at byte ${at}`);
      const bytes = await source.take(header.size);
      await source.take(padding(header.size));
      if (header.type === 'L') forNext.set('path', untilZero(bytes));
      else if (header.type === 'K') forNext.set('linkpath', untilZero(bytes));
      else for (const [key, value] of readPax(bytes)) (header.type === 'g' ? forAll : forNext).set(key, value);
      continue;
    }
    const extended = new Map([...forAll, ...forNext]);
    forNext = new Map();
    const path = nameOf(extended.get('path') ?? header.path);
    if (header.type === 'S' || extended.has('GNU.sparse.major') || extended.has('GNU.sparse.map'))
      throw new Unsupported(`${path} is stored as a sparse file. pack it again without --sparse`);
    const size = WITHOUT_CONTENT.test(header.type) ? 0 : Number(extended.get('size') ?? header.size);
    const end = source.offset + size;
    const type = TYPES[header.type] ?? 'other';
    yield {
      path,
      type: type === 'file' && path.endsWith('/') ? 'folder' : type,
      size,
      target: nameOf(extended.get('linkpath') ?? header.target),
      content: () => upTo(source, end),
    };
    for await (const _ of upTo(source, end));
    await source.take(padding(size));
  }
}

const untilZero = (bytes: Buffer) => (bytes.includes(0) ? bytes.subarray(0, bytes.indexOf(0)) : bytes);

async function* upTo(source: ByteReader, end: number): AsyncGenerator<Uint8Array> {
  while (source.offset < end) {
    const chunk = await source.some(end - source.offset);
    if (!chunk) throw new Truncated(`${end - source.offset} bytes of it are missing`);
    yield chunk;
  }
}

/** Reads on, so that what is checked at the end of a compressed file is. */
async function afterEnd(source: ByteReader, note: (text: string) => void): Promise<void> {
  let block = await source.peek(BLOCK);
  for (; block.length > 0 && zero(block); block = await source.peek(BLOCK)) await source.take(block.length);
  const from = source.offset;
  for await (const _ of source.rest());
  if (isTarHeader(block))
    note('another tar archive follows its end and is not read, as tar does not. join them with tar --concatenate');
  else if (block.length > 0) note(`${source.offset - from} bytes follow its end and are not read`);
}
