import { type FileMetaData, parquetMetadata, parquetSchema, type RowGroup, type SchemaTree } from 'hyparquet';
import { brokenFile, type Cell, type CellKind, type Columnar, type ImageCell, RangeFile } from './columnar.ts';
import { type Leaf, leafValues } from './parquet-pages.ts';

/** Bytes of the longest footer. */
const LONGEST = 2 ** 28;
const MAGIC = 'PAR1';

/**
 * Opens a Parquet file, flat but for images. The footer is read by hyparquet, pages by `leafValues`: a page at a time is in
 * memory.
 *
 * @throws UserError where it is damaged or cut
 */
export function openParquet(path: string): Columnar {
  try {
    using file = new RangeFile(path);
    const metadata = readFooter(file);
    const columns = new Map(parquetSchema(metadata).children.map((tree) => [tree.element.name, tree]));
    const groups = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
    const rows = groups.reduce((sum, n) => sum + n, 0);
    if (groups.some((n) => !Number.isSafeInteger(n) || n < 0) || rows !== Number(metadata.num_rows))
      throw new Error(`its row groups have ${rows} rows, not ${metadata.num_rows}`);
    return {
      columns: new Map([...columns].map(([name, tree]) => [name, cellKind(tree)])),
      huggingFace: metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value,
      rows,
      read: (names) =>
        readColumns(
          path,
          metadata,
          names.map((name) => columns.get(name)!),
        ),
    };
  } catch (error) {
    throw brokenFile(path, 'Parquet', error);
  }
}

function readFooter(file: RangeFile): FileMetaData {
  if (file.size < 12) throw new Error('it ends too soon: it has no footer');
  const end = file.bytes(file.size - 8, 8);
  if (end.toString('latin1', 4) !== MAGIC) throw new Error('it has no footer: it was cut');
  const length = end.readUInt32LE(0);
  if (length > LONGEST) throw new Error(`a footer of ${length} bytes`);
  return parquetMetadata(file.bytes(file.size - 8 - length, length + 8).buffer, { geoparquet: false });
}

/** What is read of a column. */
function cellKind({ element, children }: SchemaTree): CellKind {
  if (element.repetition_type === 'REPEATED') return 'other';
  if (children.length > 0) {
    const bytes = children.find((child) => child.element.name === 'bytes');
    const path = children.find((child) => child.element.name === 'path');
    return bytes && cellKind(bytes) === 'bytes' && (!path || cellKind(path) === 'text') ? 'image' : 'other';
  }
  const { type, converted_type: converted, logical_type: logical } = element;
  if (type === 'BYTE_ARRAY') return converted === 'UTF8' || logical?.type === 'STRING' ? 'text' : 'bytes';
  const plain = converted === undefined || /^U?INT_/.test(converted);
  return (type === 'INT32' || type === 'INT64') && plain && (!logical || logical.type === 'INTEGER')
    ? 'integer'
    : 'other';
}

function* readColumns(path: string, { row_groups }: FileMetaData, columns: readonly SchemaTree[]): Generator<Cell[]> {
  try {
    using file = new RangeFile(path);
    for (const group of row_groups) {
      const cells = columns.map((tree) => cellsOf(file, group, tree));
      for (let row = 0; row < Number(group.num_rows); row++) yield cells.map((cell) => cell());
    }
  } catch (error) {
    throw brokenFile(path, 'Parquet', error);
  }
}

/**
 * The cells of a column in a row group, one a call.
 * @param above levels that may be absent around it
 */
function cellsOf(file: RangeFile, group: RowGroup, tree: SchemaTree, above = 0): () => Cell {
  const levels = above + (tree.element.repetition_type === 'REQUIRED' ? 0 : 1);
  switch (cellKind(tree)) {
    case 'image': {
      const child = (name: string) => tree.children.find(({ element }) => element.name === name);
      const bytes = cellsOf(file, group, child('bytes')!, levels);
      const paths = child('path');
      const path = paths ? cellsOf(file, group, paths, levels) : () => null;
      return () => ({ bytes: bytes(), path: path() }) as ImageCell;
    }
    case 'text': {
      const next = valuesOf(file, group, tree, levels);
      return () => {
        const value = next();
        return value === null ? null : Buffer.from(value as Uint8Array).toString();
      };
    }
    case 'integer':
    case 'bytes':
      return valuesOf(file, group, tree, levels);
    default:
      throw new Error(`column ${tree.element.name} is of a type that is not read`);
  }
}

function valuesOf(
  file: RangeFile,
  group: RowGroup,
  { path }: SchemaTree,
  levels: number,
): () => Uint8Array | number | null {
  const name = path.join('.');
  const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema.join('.') === name);
  if (!chunk?.meta_data || chunk.file_path) throw new Error(`a row group without column ${name}`);
  const rows = Number(group.num_rows);
  const leaf: Leaf = { name, rows, levels, meta: chunk.meta_data };
  const values = leafValues(file, leaf);
  return () => {
    const { value, done } = values.next();
    if (done) throw new Error(`column ${name} has fewer than ${rows} values`);
    return value;
  };
}
