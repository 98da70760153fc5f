import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '@simclr/stage';
import { parse } from 'csv-parse/sync';
import { splitNamed } from '../split-names.ts';

/** A row of a table of images. */
export interface TableRow {
  /** From the folder that the table is of. */
  path: string;
  label: string;
  split: 'train' | 'validation' | 'test' | undefined;
  /** Line or number in the table, for messages. */
  at: number;
}

/** What columns may be called, in any case. */
const COLUMNS = {
  path: ['path', 'file', 'file_name', 'filename', 'image', 'image_path'],
  label: ['label', 'class', 'class_name', 'category', 'target'],
  split: ['split', 'set', 'subset', 'partition'],
};

/**
 * Reads a table of images and their labels: CSV (of commas, semicolons or tabs, names of columns in the first line) or lines of
 * JSON.
 * @throws UserError in one line, with the line of the table
 */
export function readTable(file: string): TableRow[] {
  const records = recordsOf(file);
  if (records.length === 0) throw new UserError(`empty table: ${file}. expected a row for each image`);
  return records.map(({ record, at }) => {
    const cell = (column: keyof typeof COLUMNS) => {
      const name = Object.keys(record).find((key) => COLUMNS[column].includes(key.trim().toLowerCase()));
      return name === undefined ? undefined : record[name];
    };
    const required = (column: 'path' | 'label') => {
      const value = cell(column);
      if (typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')) return String(value).trim();
      const found = Object.keys(record).join(', ');
      throw new UserError(
        `no ${column}: ${file}, line ${at} has ${found || 'nothing'}. expected a column ${COLUMNS[column].join(' or ')}`,
      );
    };
    const path = required('path')
      .replaceAll('\\', '/')
      .replace(/^(\.\/)+/, '');
    return { path, label: required('label'), split: splitOf(cell('split'), file, at), at };
  });
}

function splitOf(value: unknown, file: string, at: number): TableRow['split'] {
  if (value === undefined || value === null || value === '') return undefined;
  const split = splitNamed(String(value).trim());
  if (split) return split;
  throw new UserError(
    `unknown split: ${file}, line ${at}: ${JSON.stringify(value)}. expected train, validation or test`,
  );
}

function recordsOf(file: string): { record: Record<string, unknown>; at: number }[] {
  if (!existsSync(file))
    throw new UserError(`missing table: ${file}. correct the config of ingest (ingest.datasets[].table)`);
  const text = readFileSync(file, 'utf8');
  if (/\.(jsonl|ndjson|json)$/i.test(file)) return jsonLines(text, file);
  const [first = ''] = text.split('\n', 1);
  const delimiter = ['\t', ';', ','].find((each) => first.includes(each)) ?? ',';
  try {
    const rows: { record: Record<string, string>; info: { lines: number } }[] = parse(text, {
      bom: true,
      columns: true,
      info: true,
      delimiter,
      skip_empty_lines: true,
      trim: true,
    });
    return rows.map(({ record, info }) => ({ record, at: info.lines }));
  } catch (error) {
    throw new UserError(`invalid table: ${file}. ${(error as Error).message}. correct it`);
  }
}

function jsonLines(text: string, file: string) {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      const record: unknown = JSON.parse(line);
      if (typeof record === 'object' && record !== null && !Array.isArray(record))
        return [{ record: record as Record<string, unknown>, at: i + 1 }];
    } catch {}
    throw new UserError(`invalid table: ${file}, line ${i + 1} is no object of JSON. expected one a line`);
  });
}
