/** What ends before it should. */
export class Truncated extends Error {}

/** What is sound and not read; the message says how to pack it. */
export class Unsupported extends Error {}

/** Reads a stream of chunks by numbers of bytes. */
export class ByteReader {
  /** Bytes read so far. */
  offset = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #waiting: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Makes `length` bytes wait, or all that there are. */
  async #await(length: number): Promise<void> {
    if (this.#waiting.length >= length) return;
    const parts = this.#waiting.length > 0 ? [this.#waiting] : [];
    let have = this.#waiting.length;
    while (have < length && !this.#ended) {
      const { value, done } = await this.#chunks.next();
      if (done) this.#ended = true;
      else {
        parts.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
        have += value.length;
      }
    }
    this.#waiting = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  /** The next `length` bytes, fewer at the end; they stay. */
  async peek(length: number): Promise<Buffer> {
    await this.#await(length);
    return this.#waiting.subarray(0, length);
  }

  /** The next `length` bytes. @throws Truncated */
  async take(length: number): Promise<Buffer> {
    const taken = await this.peek(length);
    if (taken.length < length) throw new Truncated(`${taken.length} of ${length} bytes are there`);
    this.#pass(length);
    return taken;
  }

  /** What comes next, as it comes, at most `length` bytes; undefined at the end. */
  async some(length = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
    await this.#await(1);
    if (this.#waiting.length === 0) return undefined;
    const taken = this.#waiting.subarray(0, length);
    this.#pass(taken.length);
    return taken;
  }

  /** Gives back the last bytes that were read. */
  unread(bytes: Uint8Array): void {
    this.offset -= bytes.length;
    this.#waiting = Buffer.concat([bytes, this.#waiting]);
  }

  #pass(length: number): void {
    this.offset += length;
    this.#waiting = this.#waiting.subarray(length);
  }

  /** All that is left. */
  async *rest(): AsyncGenerator<Buffer> {
    for (let chunk = await this.some(); chunk; chunk = await this.some()) yield chunk;
  }

  /** Ends the source. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
