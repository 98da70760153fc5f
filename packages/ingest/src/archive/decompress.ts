import { ReadableStream } from 'node:stream/web';
import { crc32, createInflateRaw, createZstdDecompress, constants as zlib } from 'node:zlib';
import unbzip2 from 'unbzip2-stream';
import xzDecompress from 'xz-decompress';
import { type ByteReader, Truncated, Unsupported } from './byte-reader.ts';

type Note = (text: string) => void;
type Decompress = (source: ByteReader, note: Note) => AsyncGenerator<Uint8Array>;

/**
 * What a compressed file holds: of all its parts where there are several in a row (`cat a.gz b.gz`, pigz, pzstd). What
 * follows the last part is noted and not read.
 *
 * @throws Truncated, or Error with a reason
 */
export const DECOMPRESS: Record<'gzip' | 'bzip2' | 'xz' | 'zstd', Decompress> = { gzip, bzip2, xz, zstd };

type Engine = ReturnType<typeof createInflateRaw> | ReturnType<typeof createZstdDecompress>;

/** Runs an engine of zlib to the end of its stream, which it finds itself; what it did not take stays in the source. */
async function* run(engine: Engine, source: ByteReader): AsyncGenerator<Uint8Array> {
  let finish = () => {};
  engine.once('end', () => finish());
  engine.once('close', () => finish());
  engine.on('error', () => finish()); // Thrown below, by the iteration.
  const feed = async () => {
    for (let chunk = await source.some(); chunk; chunk = await source.some()) {
      const before = engine.bytesWritten;
      const { promise, resolve } = Promise.withResolvers<void>();
      finish = resolve;
      engine.write(chunk, () => resolve());
      await promise;
      const taken = engine.bytesWritten - before;
      if (taken === chunk.length) continue;
      source.unread(chunk.subarray(taken));
      return;
    }
    engine.end();
  };
  const feeding = feed().catch((error: Error) => void engine.destroy(error));
  try {
    yield* engine;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    throw code === 'Z_BUF_ERROR' ? new Truncated(message) : error;
  }
  await feeding;
}

const isGzip = (head: Uint8Array) => head[0] === 0x1f && head[1] === 0x8b && head[2] === 8;

/** RFC 1952. Node's own gunzip loses the last bytes before garbage, so members are taken apart here. */
async function* gzip(source: ByteReader, note: Note): AsyncGenerator<Uint8Array> {
  do {
    const flags = (await source.take(10))[3]!;
    if (flags & 4) await source.take((await source.take(2)).readUInt16LE());
    for (const name of [8, 16]) if (flags & name) while ((await source.take(1))[0] !== 0);
    if (flags & 2) await source.take(2);
    let [sum, size] = [0, 0];
    for await (const chunk of run(createInflateRaw(), source)) {
      sum = crc32(chunk, sum);
      size += chunk.length;
      yield chunk;
    }
    const trailer = await source.take(8);
    if (trailer.readUInt32LE() !== sum || trailer.readUInt32LE(4) !== size % 2 ** 32)
      throw new Error('its checksum does not match');
  } while (isGzip(await source.peek(3)));
  await passTrailing(source, note);
}

/** Zeros are the padding of a tape; anything else is odd. */
async function passTrailing(source: ByteReader, note: Note): Promise<void> {
  let [bytes, odd] = [0, false];
  for await (const chunk of source.rest()) {
    bytes += chunk.length;
    odd ||= chunk.some((byte) => byte !== 0);
  }
  if (odd) note(`${bytes} bytes follow its compressed end and are not read`);
}

/** Whether a frame begins here, of data or one to be skipped (RFC 8878). */
const isZstd = (head: Buffer) => /^(28b52ffd|5.2a4d18)/.test(head.toString('hex', 0, 4));

async function* zstd(source: ByteReader, note: Note): AsyncGenerator<Uint8Array> {
  while (isZstd(await source.peek(4))) {
    try {
      yield* run(createZstdDecompress({ params: { [zlib.ZSTD_d_windowLogMax]: 31 } }), source);
    } catch (error) {
      // Of what follows a frame that ended with a chunk, the engine has seen the beginning.
      if ((error as { code?: string }).code !== 'ZSTD_error_prefix_unknown') throw error;
      note('something that is no zstd follows its end and is not read');
      return;
    }
  }
  await passTrailing(source, note);
}

/** The decoder lets one stream begin when the one before has ended: within another it would wait for ever. */
let isReadingXz = false;

async function* xz(source: ByteReader, note: Note): AsyncGenerator<Uint8Array> {
  if (isReadingXz) throw new Unsupported('an xz file within another one, which is not read. unpack the outer one');
  isReadingXz = true;
  try {
    yield* unxz(source, note);
  } finally {
    isReadingXz = false;
  }
}

async function* unxz(source: ByteReader, note: Note): AsyncGenerator<Uint8Array> {
  let given = true;
  const feed = async function* () {
    for (let chunk = await source.some(); chunk && given; chunk = await source.some()) {
      // A stream ends with `YZ`. The decoder loses what it has of a chunk with garbage in it: a chunk ends where a stream may.
      let from = 0;
      for (let at = chunk.indexOf('YZ'); at >= 0; at = chunk.indexOf('YZ', at + 1)) {
        yield chunk.subarray(from, at + 2);
        from = at + 2;
      }
      if (from < chunk.length) yield chunk.subarray(from);
    }
  };
  const output = new xzDecompress.XzReadableStream(ReadableStream.from(feed())).getReader();
  try {
    for (let next = await output.read(); !next.done; next = await output.read())
      if (next.value.length > 0) yield next.value;
  } catch (error) {
    const code = /error code (\d)/.exec(String(error))?.[1];
    if (code === '8') throw new Truncated('unexpected end of file');
    if (code === '5') return note('something that is no xz follows its end and is not read');
    throw new Error(XZ_ERRORS[code ?? ''] ?? 'it is damaged');
  } finally {
    // Cancelled, it would fail in the middle of its work: it gets no more to read, and ends.
    given = false;
    const ended = async () => (await output.read()).done;
    while (!(await ended().catch(() => true)));
  }
}

/** Results of xz-embedded. */
const XZ_ERRORS: Record<string, string> = {
  2: 'its kind of checksum is not read',
  4: 'its dictionary is too large. compress it with xz -9 or less',
  6: 'it uses filters that are not read (BCJ). compress it with xz -9',
};

async function* bzip2(source: ByteReader, note: Note): AsyncGenerator<Uint8Array> {
  const engine = unbzip2();
  const ready: Uint8Array[] = [];
  let failure: Error | undefined;
  engine.on('data', (chunk: Buffer) => ready.push(chunk));
  engine.on('error', (error: Error) => {
    failure ??= error;
  });
  for (let chunk = await source.some(1 << 16); chunk && !failure; chunk = await source.some(1 << 16)) {
    engine.write(chunk);
    yield* ready.splice(0);
  }
  if (!failure) engine.end();
  yield* ready.splice(0);
  if (!failure) return;
  if (/magic/.test(failure.message)) return note('something that is no bzip2 follows its end and is not read');
  if (/premature|undefined/.test(failure.message)) throw new Truncated('unexpected end of file');
  throw failure;
}
