import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How far a journal was sent to one server, and to which run of it. */
export interface Cursor {
  trackingUri: string;
  experimentId: string;
  runId: string;
  artifactUri: string;
  /** Bytes of journal.jsonl that the server has. */
  offset: number;
  /** The run has a parent that was not on the server yet. */
  parentMissing: boolean;
}

const FILE = 'sent.json';

/** The cursor for a server, or undefined: nothing was sent to it. */
export function readCursor(dir: string, trackingUri: string): Cursor | undefined {
  return readAll(dir).find((cursor) => cursor.trackingUri === trackingUri);
}

/** Keeps a server's cursor; the cursors for other servers stay. */
export function writeCursor(dir: string, cursor: Cursor): void {
  const others = readAll(dir).filter((other) => other.trackingUri !== cursor.trackingUri);
  const path = join(dir, FILE);
  writeFileSync(`${path}.tmp`, `${JSON.stringify([...others, cursor], null, 2)}\n`);
  renameSync(`${path}.tmp`, path);
}

function readAll(dir: string): Cursor[] {
  try {
    return JSON.parse(readFileSync(join(dir, FILE), 'utf8')) as Cursor[];
  } catch {
    return []; // None yet, or damaged: sending again from the start changes nothing on the server.
  }
}
