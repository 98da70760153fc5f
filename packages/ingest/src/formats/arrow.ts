import { arrowCells, locate } from './arrow-cells.ts';
import { type ArrowSchema, cellKind, readSchema } from './arrow-schema.ts';
import { brokenFile, type Cell, type Columnar, RangeFile } from './columnar.ts';
import { FlatTable } from './flat-table.ts';

/** Kinds of messages (format/Message.fbs). */
const [SCHEMA, RECORD_BATCH] = [1, 3];
const CONTINUES = 0xffffffff;

/** Bytes of the longest message without its body: that of a schema, or of where a batch has its buffers. */
const LONGEST = 2 ** 26;

/** A record batch in a file. */
interface Batch {
  rows: number;
  /** Where its message is. */
  at: number;
  length: number;
  /** Where what it describes is. */
  body: number;
  bytes: number;
}

/**
 * Opens a file of Arrow's stream format, as `datasets.save_to_disk` writes it, or of its file format. Read by its framing, not by
 * Arrow's library: that one trusts what it reads. Of a batch a cell is in memory at a time, beside its offsets.
 *
 * @throws UserError where it is damaged or cut
 */
export function openArrow(path: string): Columnar {
  try {
    using file = new RangeFile(path);
    const { schema, batches } = scan(file);
    const { fields, metadata } = schema;
    return {
      columns: new Map(fields.map((field) => [field.name, cellKind(field)])),
      huggingFace: metadata.get('huggingface'),
      rows: batches.reduce((sum, { rows }) => sum + rows, 0),
      read: (columns) => readColumns(path, schema, batches, columns),
    };
  } catch (error) {
    throw brokenFile(path, 'Arrow', error);
  }
}

function scan(file: RangeFile): { schema: ArrowSchema; batches: Batch[] } {
  const isFile = file.size >= 8 && file.bytes(0, 6).toString('latin1') === 'ARROW1';
  let schema: ArrowSchema | undefined;
  const batches: Batch[] = [];
  for (let offset = isFile ? 8 : 0; ; ) {
    if (offset + 8 > file.size) throw new Error('it has no end mark: it was cut');
    const head = file.bytes(offset, 8);
    if (head.readUInt32LE(0) !== CONTINUES) throw new Error(`no message begins at byte ${offset}`);
    const length = head.readUInt32LE(4);
    if (length === 0) break;
    if (length > LONGEST) throw new Error(`a message of ${length} bytes at byte ${offset}`);
    const message = FlatTable.root(file.bytes(offset + 8, length));
    const [kind, header, bytes] = [message.byte(1), message.table(2), message.long(3)];
    const body = offset + 8 + length;
    if (!header || bytes < 0 || bytes > file.size - body) throw new Error('it ends within a batch');
    if (kind === SCHEMA) {
      if (schema) throw new Error('it has two schemas');
      schema = readSchema(header);
    } else if (kind === RECORD_BATCH) {
      const rows = header.long(0);
      if (!Number.isSafeInteger(rows) || rows < 0) throw new Error(`a batch of ${rows} rows`);
      batches.push({ rows, at: offset + 8, length, body, bytes });
    }
    offset = body + bytes;
  }
  if (!schema) throw new Error('it has no schema');
  return { schema, batches };
}

function* readColumns(
  path: string,
  { fields }: ArrowSchema,
  batches: readonly Batch[],
  columns: readonly string[],
): Generator<Cell[]> {
  try {
    using file = new RangeFile(path);
    for (const { rows, at, length, body, bytes } of batches) {
      const header = FlatTable.root(file.bytes(at, length)).table(2);
      if (!header) throw new Error('a batch without a header');
      const bodyBytes = (offset: number, size: number) => {
        if (!(offset >= 0 && size >= 0 && offset + size <= bytes)) throw new RangeError('outside of the batch');
        return file.bytes(body + offset, size);
      };
      const located = locate(fields, header);
      const cells = columns.map((name) => arrowCells(located.get(name)!, rows, bodyBytes));
      for (let row = 0; row < rows; row++) yield cells.map((cell) => cell(row));
    }
  } catch (error) {
    throw brokenFile(path, 'Arrow', error);
  }
}
