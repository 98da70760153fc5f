import { Unsupported } from '../archive/byte-reader.ts';
import type { CellKind } from './columnar.ts';
import type { FlatTable } from './flat-table.ts';

/** A column or a part of one, as an Arrow schema has it (format/Schema.fbs). */
export interface ArrowField {
  name: string;
  type: number;
  /** Bits of an integer. */
  bits: number;
  signed: boolean;
  /** Its values are numbers of entries in a dictionary. */
  dictionary: boolean;
  /** In a record batch, its children's not among them; of views, those that the batch counts come on top. */
  buffers: number;
  /** In a record batch. */
  children: ArrowField[];
}

/** Numbers of types in Schema.fbs. */
export const TYPE = {
  null: 1,
  int: 2,
  binary: 4,
  utf8: 5,
  struct: 13,
  union: 14,
  fixedSizeList: 16,
  largeBinary: 19,
  largeUtf8: 20,
  runEnds: 22,
  binaryView: 23,
  utf8View: 24,
  listView: 25,
  largeListView: 26,
} as const;

/** Buffers of a type, where they are not two: validity and values. */
const BUFFERS: Record<number, number> = {
  [TYPE.null]: 0,
  [TYPE.runEnds]: 0,
  [TYPE.struct]: 1,
  [TYPE.fixedSizeList]: 1,
  [TYPE.binary]: 3,
  [TYPE.utf8]: 3,
  [TYPE.largeBinary]: 3,
  [TYPE.largeUtf8]: 3,
  [TYPE.listView]: 3,
  [TYPE.largeListView]: 3,
};

const BYTES: number[] = [TYPE.binary, TYPE.largeBinary];
const TEXT: number[] = [TYPE.utf8, TYPE.largeUtf8];

export interface ArrowSchema {
  fields: ArrowField[];
  metadata: Map<string, string>;
}

export function readSchema(schema: FlatTable): ArrowSchema {
  if (schema.short(0) !== 0) throw new Unsupported('it is of a big-endian machine');
  const metadata = new Map(schema.tables(2).map((pair) => [pair.text(0) ?? '', pair.text(1) ?? '']));
  return { fields: schema.tables(1).map(readField), metadata };
}

function readField(field: FlatTable): ArrowField {
  const type = field.byte(2);
  const detail = field.table(3);
  const dictionary = field.table(4) !== undefined;
  return {
    name: field.text(0) ?? '',
    type,
    bits: type === TYPE.int ? (detail?.int(0) ?? 0) : 0,
    signed: type === TYPE.int && detail?.byte(1) === 1,
    dictionary,
    buffers: dictionary ? 2 : type === TYPE.union ? 1 + (detail?.short(0) ?? 0) : (BUFFERS[type] ?? 2),
    children: dictionary ? [] : field.tables(5).map(readField),
  };
}

/** What is read of a column. */
export function cellKind({ type, bits, dictionary, children }: ArrowField): CellKind {
  if (dictionary) return 'other';
  if (BYTES.includes(type)) return 'bytes';
  if (TEXT.includes(type)) return 'text';
  if (type === TYPE.int && [8, 16, 32, 64].includes(bits)) return 'integer';
  const bytes = children.find(({ name }) => name === 'bytes');
  const path = children.find(({ name }) => name === 'path');
  const isImage = bytes && cellKind(bytes) === 'bytes' && (!path || cellKind(path) === 'text');
  return type === TYPE.struct && isImage ? 'image' : 'other';
}
