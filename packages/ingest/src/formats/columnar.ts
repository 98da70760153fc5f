import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { UserError } from '@simclr/stage';
import { Unsupported } from '../archive/byte-reader.ts';

/** What the cells of a column are: `image` is Hugging Face's struct of a file's bytes and its path. */
export type CellKind = 'image' | 'bytes' | 'integer' | 'text' | 'other';

export interface ImageCell {
  bytes: Uint8Array | null;
  path: string | null;
}
export type Cell = ImageCell | Uint8Array | number | string | null;

/** A file of rows in columns: Arrow or Parquet. */
export interface Columnar {
  columns: ReadonlyMap<string, CellKind>;
  /** What Hugging Face `datasets` notes of the columns, JSON. */
  huggingFace: string | undefined;
  rows: number;
  /**
   * The rows' cells, in the order of the columns named; the file is read as they are asked for.
   * @throws UserError where it is damaged
   */
  read(columns: readonly string[]): Generator<Cell[]>;
}

/** A file that is read by ranges, open until it is disposed of. */
export class RangeFile implements Disposable {
  readonly size: number;
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    this.size = fstatSync(this.#fd).size;
  }

  /** @throws Error where the file has no such bytes */
  bytes(offset: number, length: number): Buffer<ArrayBuffer> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size))
      throw new Error(`it ends too soon: bytes ${offset} to ${offset + length} of ${this.size} are named`);
    const bytes = Buffer.from(new ArrayBuffer(length));
    if (readSync(this.#fd, bytes, 0, length, offset) < length) throw new Error('it was cut while it was read');
    return bytes;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** Says of any failure to read a file, in one line, which file it was. */
export function brokenFile(path: string, format: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const { message, syscall } = error as NodeJS.ErrnoException;
  if (syscall) return new UserError(`unreadable file: ${path}. ${message}. correct it`);
  if (error instanceof Unsupported) return new UserError(`unread ${format} file: ${path}: ${message}`);
  const why = error instanceof RangeError ? 'it names bytes that it does not have' : message.split('\n')[0];
  return new UserError(`broken ${format} file: ${path}: ${why}. fetch or write it again`);
}
