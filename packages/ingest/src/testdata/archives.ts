import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { SplitName } from '@simclr/shards';
import { type Archives, openArchives } from '../archives.ts';
import type { Contents, Dataset, DatasetRow } from '../dataset.ts';

/** Files of a dataset by name, in a folder of their own, opened as the stage does it. */
export class Files implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'files-'));

  /** A file as it is. */
  put(name: string, bytes: Uint8Array | string): this {
    writeFileSync(join(this.folder, name), bytes);
    return this;
  }

  /** An archive, in the format of its name: tar and its compressed kinds, or zip. Members in the order given. */
  pack(name: string, members: Readonly<Record<string, Uint8Array | string>>): this {
    const inside = mkdtempSync(join(this.folder, 'inside-'));
    for (const [path, content] of Object.entries(members)) {
      mkdirSync(dirname(join(inside, path)), { recursive: true });
      writeFileSync(join(inside, path), content);
    }
    const archive = join(this.folder, name);
    if (name.endsWith('.zip')) {
      execFileSync('python3', ['-m', 'zipfile', '-c', archive, ...readdirSync(inside)], { cwd: inside });
    } else {
      const list = Object.keys(members).join('\n');
      execFileSync('tar', ['caf', archive, '--no-recursion', '-T', '-'], { cwd: inside, input: list });
    }
    rmSync(inside, { recursive: true });
    return this;
  }

  get paths(): Map<string, string> {
    return new Map(readdirSync(this.folder).map((name) => [name, join(this.folder, name)]));
  }

  open(): Archives {
    return openArchives(this.paths);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Rows by split. */
export type Splits = Omit<Contents, 'rows'> & Record<SplitName, DatasetRow[]>;

/** Reads all of a dataset. */
export async function readSplits(dataset: Pick<Dataset, 'read'>, archives: Archives): Promise<Splits> {
  const { rows, ...rest } = await dataset.read(archives);
  const splits: Splits = { ...rest, train: [], validation: [], test: [] };
  for await (const row of rows) splits[row.split].push(row);
  return splits;
}

/** Path and label of each. */
export const labelsOf = (rows: readonly DatasetRow[]): Record<string, DatasetRow['label']> =>
  Object.fromEntries(rows.map((row, i) => ['path' in row ? row.path : String(i), row.label]));

/** Pixels of a row. */
export const pixelsOf = (row: DatasetRow | undefined): Uint8Array =>
  row && 'pixels' in row ? row.pixels : new Uint8Array();

/** Images that hold their own paths, by which they are known again. */
export const images = (...paths: string[]): Record<string, string> =>
  Object.fromEntries(paths.map((path) => [path, path]));

/** A text of lines. */
export const lines = (...all: string[]): string => `${all.join('\n')}\n`;
