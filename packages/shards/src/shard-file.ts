import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { type RecordBatch, RecordBatchStreamWriter, type Schema } from 'apache-arrow';
import { indexBatches, type ShardIndex } from './shard-index.ts';

/** Bytes that end a stream: a message without metadata. */
const END = 8;

/** An Arrow IPC stream: the schema, then the batches. */
function streamOf(schema: Schema, batches: RecordBatch[]): Uint8Array {
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  for (const batch of batches) writer.write(batch);
  writer.finish();
  return writer.toUint8Array(true);
}

/** A shard that grows on disk by a record batch at a time: an Arrow IPC stream. */
export class ShardFile {
  readonly batches: ShardIndex['batches'] = [];
  readonly #fd: number;
  readonly #schema: Schema;
  readonly #digest: { update(bytes: Uint8Array): unknown };
  readonly #end: Uint8Array;
  /** Bytes of the schema's message, with which every stream begins. */
  readonly #head: number;
  #bytes = 0;

  /** @param digest is told every byte */
  constructor(path: string, schema: Schema, digest: { update(bytes: Uint8Array): unknown }) {
    this.#schema = schema;
    this.#digest = digest;
    this.#fd = openSync(path, 'w');
    const empty = streamOf(schema, []);
    this.#head = empty.length - END;
    this.#end = empty.subarray(this.#head);
    this.#write(empty.subarray(0, this.#head));
  }

  add(batch: RecordBatch): void {
    const stream = streamOf(this.#schema, [batch]);
    for (const { offset, ...found } of indexBatches(stream))
      this.batches.push({ offset: offset - this.#head + this.#bytes, ...found });
    this.#write(stream.subarray(this.#head, stream.length - END));
  }

  #write(bytes: Uint8Array): void {
    this.#digest.update(bytes);
    for (let from = 0; from < bytes.length; ) from += writeSync(this.#fd, bytes, from);
    this.#bytes += bytes.length;
  }

  /** Ends the stream; it is on disk then. */
  close(): void {
    this.#write(this.#end);
    fsyncSync(this.#fd);
    closeSync(this.#fd);
  }

  /** Lets the file be what it is. */
  abandon(): void {
    closeSync(this.#fd);
  }
}
