import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from './client.ts';
import { type Cursor, readCursor, writeCursor } from './cursor.ts';
import { type Entry, JOURNAL_FILE, type RunEntry, readLines, readRunEntry } from './entries.ts';
import { MlflowError } from './errors.ts';
import { acquireLock, type Lock } from './lock.ts';
import { deleteTwins, linkParent, openRemoteRun } from './remote-run.ts';
import { sendGroup } from './send-group.ts';

export interface SendResult {
  /** Journal lines delivered by this call. */
  sent: number;
  /** Complete lines that the server does not have yet; not 0 when aborted, or while another process is sending. */
  remaining: number;
  runId: string | undefined;
  /** The run's parent is not on the server yet; the next call looks again. */
  parentMissing: boolean;
  /** What the server refused for good and what is damaged, one line each; the rest went through. */
  rejected: string[];
}

/**
 * Sends what is new in the journal in `dir`, going on from the cursor file `sent.json`. Safe at any time and any number
 * of times: while the journal is written, from several processes, after a crash at any point. The run is found by its
 * key before one is created, and a batch sent twice changes nothing. Throws MlflowError when the server does not
 * answer; what was delivered until then is kept. An aborted call returns instead, with `remaining`.
 */
export async function sendJournal(
  dir: string,
  client: Client,
  options: { signal?: AbortSignal } = {},
): Promise<SendResult> {
  const path = join(dir, JOURNAL_FILE);
  const nothing = { sent: 0, remaining: 0, runId: undefined, parentMissing: false, rejected: [] };
  if (!existsSync(path) || !readRunEntry(path)) return nothing;
  const lock = await acquireLock(join(dir, 'send.lock'));
  const progress = { sent: 0, rejected: [] as string[] };
  try {
    if (lock) await deliver({ dir, client, lock, progress, signal: options.signal });
  } catch (error) {
    if (!options.signal?.aborted) throw error;
  } finally {
    lock?.release();
  }
  const cursor = readCursor(dir, client.trackingUri);
  const { runId, parentMissing = false } = cursor ?? {};
  return { ...progress, runId, parentMissing, remaining: countLines(path, usableOffset(path, cursor)) };
}

interface Delivery {
  dir: string;
  client: Client;
  lock: Lock;
  progress: { sent: number; rejected: string[] };
  signal: AbortSignal | undefined;
}

async function deliver(delivery: Delivery): Promise<void> {
  const { dir, client, signal } = delivery;
  const run = readRunEntry(join(dir, JOURNAL_FILE))!;
  const known = readCursor(dir, client.trackingUri);
  if (known) {
    try {
      return await deliverFrom(known, run, delivery);
    } catch (error) {
      // Its run is gone: the server's data base was made anew at the same address. Begin again there.
      if (!(error instanceof MlflowError) || error.code !== 'RESOURCE_DOES_NOT_EXIST') throw error;
    }
  }
  const cursor = await openRemoteRun(client, run, signal);
  writeCursor(dir, cursor);
  await deliverFrom(cursor, run, delivery);
}

async function deliverFrom(
  from: Cursor,
  run: RunEntry,
  { dir, client, lock, progress, signal }: Delivery,
): Promise<void> {
  const path = join(dir, JOURNAL_FILE);
  await onDisk(path);
  let cursor = { ...from, offset: usableOffset(path, from) };
  const save = (change: Partial<Cursor>) => {
    lock.refresh();
    cursor = { ...cursor, ...change };
    writeCursor(dir, cursor);
  };
  if (cursor.parentMissing && run.parentKey !== undefined) {
    if (await linkParent(client, cursor, run.parentKey, signal)) save({ parentMissing: false });
  }
  for (let group = nextGroup(path, cursor.offset); group; group = nextGroup(path, cursor.offset)) {
    signal?.throwIfAborted();
    progress.rejected.push(...(await sendGroup({ dir, client, cursor, entries: group.entries, signal })));
    for (const end of group.damaged) progress.rejected.push(`the journal's line that ends at byte ${end}: damaged`);
    if (group.entries.some(({ type }) => type === 'end')) await deleteTwins(client, cursor, run.key, signal);
    save({ offset: group.end });
    progress.sent += group.lines;
  }
}

/** Points that one group gathers: a few requests' worth, so that a cut connection repeats little. */
const GROUP_POINTS = 1000;
const BATCHABLE = new Set<Entry['type']>(['params', 'tags', 'metrics', 'run']);

interface Group {
  entries: Entry[];
  /** Where the lines end that cannot be read. */
  damaged: number[];
  lines: number;
  end: number;
}

/** The next lines to send together: any number of params, tags and metrics, or one entry of another kind. */
function nextGroup(path: string, offset: number): Group | undefined {
  const entries: Entry[] = [];
  const damaged: number[] = [];
  let points = 0;
  let lines = 0;
  let end = offset;
  for (const line of readLines(path, offset)) {
    const alone = line.entry !== undefined && !BATCHABLE.has(line.entry.type);
    const size = line.entry && 'values' in line.entry ? Object.keys(line.entry.values).length : 0;
    if (lines > 0 && (alone || points + size > GROUP_POINTS)) break;
    if (line.entry) entries.push(line.entry);
    else damaged.push(line.end);
    points += size;
    lines++;
    end = line.end;
    if (alone) break;
  }
  return lines > 0 ? { entries, damaged, lines, end } : undefined;
}

/** What the server gets is on the disk: after a power failure no step is logged again that it has. */
async function onDisk(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

/**
 * The cursor's offset, if it is the end of a line. After a power failure the journal may be shorter than what was sent;
 * then everything is sent again.
 */
function usableOffset(path: string, cursor: Cursor | undefined): number {
  const offset = cursor?.offset ?? 0;
  if (offset === 0 || offset > statSync(path).size) return 0;
  const fd = openSync(path, 'r');
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, offset - 1);
  closeSync(fd);
  return last[0] === 10 ? offset : 0;
}

function countLines(path: string, offset: number): number {
  let lines = 0;
  for (const _ of readLines(path, offset)) lines++;
  return lines;
}
