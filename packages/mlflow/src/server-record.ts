import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `server.json`: kept after a stop without the pid, so that the next server gets the same address. */
export interface ServerRecord {
  pid?: number;
  /** The folder that it serves, without links: a copy of the folder, or the folder at another place, has another. */
  dir?: string;
  /** Tells the stores that it was started with from others; nothing of the folder's own. */
  stores?: string | undefined;
  port: number;
  uri: string;
  /** ms since 1970. */
  startedAt: number;
}

export function readRecord(dir: string): ServerRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(dir, 'server.json'), 'utf8')) as ServerRecord;
  } catch {
    return undefined;
  }
}

export function writeRecord(dir: string, record: ServerRecord): void {
  const path = join(dir, 'server.json');
  writeFileSync(`${path}.tmp`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}
