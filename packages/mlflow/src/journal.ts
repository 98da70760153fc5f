import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type DatasetEntry, type Entry, type RunEntry, readLines } from './entries.ts';
import { checkImageKey, imageStem } from './images.ts';
import { datasetId, JournalState, recoverJournal } from './journal-state.ts';
import { checkArtifactPath, checkName, LIMITS } from './limits.ts';
import { encodeNumber } from './wire.ts';

export const JOURNAL_FILE = 'journal.jsonl';
export const ARTIFACTS_FOLDER = 'artifacts';

type EndStatus = Extract<Entry, { type: 'end' }>['status'];

/** Everything is synchronous and on the file system when the call returns: a crash of the process loses nothing. */
export interface Journal {
  readonly key: string;
  /**
   * A param keeps its first value, as on the server.
   * @returns those that were given another one, which is not kept: no
   * reason to stop what is running, but one to be told
   */
  params(values: Record<string, string | number | boolean>): { name: string; kept: string; given: string }[];
  /**
   * A (metric, step) pair is kept once: what a resumed stage logs again is dropped. Without a step they are at step 0 and
   * the last value is the metric's, as with the Python client.
   */
  metrics(values: Record<string, number>, step?: number): void;
  tags(values: Record<string, string>): void;
  /** A tag's value, also from before the run was resumed. */
  tag(name: string): string | undefined;
  /** A (key, step) pair is kept once. */
  image(key: string, png: Uint8Array, step?: number): void;
  /** `path` is relative, such as `report.html`. The last content counts. */
  artifact(path: string, data: Uint8Array | string): void;
  dataset(dataset: DatasetEntry): void;
  /** The last step logged for a metric, or undefined. */
  lastStep(metric: string): number | undefined;
  /** Closes the journal. The run goes on when it is opened again. */
  end(status: EndStatus): void;
}

/**
 * Opens the journal in `dir` for appending, or begins one: `journal.jsonl` and, beside it, `artifacts/`. One process
 * writes a journal at a time; any number may send it. Opening it again resumes the run: a line that a crash left
 * without its end is cut off, and what the journal holds is not logged a second time.
 */
export function openJournal(dir: string, run: Omit<RunEntry, 'type'>): Journal {
  if (!/^[\w.:-]{1,250}$/.test(run.key)) {
    throw new Error(`invalid run key: ${run.key}. allowed: letters, digits, _ . : -`);
  }
  mkdirSync(join(dir, ARTIFACTS_FOLDER), { recursive: true });
  const path = join(dir, JOURNAL_FILE);
  const seen = existsSync(path) ? recoverJournal(path) : new JournalState();
  if (seen.run && seen.run.key !== run.key) {
    throw new Error(`journal of another run: ${dir} belongs to ${seen.run.key}, not to ${run.key}. remove the folder`);
  }
  const fd = openSync(path, 'a');
  let torn = false;
  let ended = false;

  function append(entry: Entry): void {
    if (ended) throw new Error(`journal has ended: ${dir}. open it again to go on`);
    const line = Buffer.from(`${torn ? '\n' : ''}${JSON.stringify(entry)}\n`);
    try {
      for (let written = 0; written < line.length; ) written += writeSync(fd, line, written);
      torn = false;
    } catch (error) {
      torn = true; // A full disk may have taken half a line: the next one must not be glued to it.
      throw error;
    }
    seen.add(entry);
  }

  if (seen.run) {
    append({ time: Date.now(), type: 'resume' });
    tags(run.tags);
  } else {
    for (const name in run.tags) checkName('tag', name);
    append({ time: Date.now(), type: 'run', ...run });
  }

  function tags(values: Record<string, string>): void {
    const changed = Object.entries(values).filter(([name, value]) => {
      checkName('tag', name);
      return seen.tags.get(name) !== value;
    });
    if (changed.length > 0) append({ time: Date.now(), type: 'tags', values: Object.fromEntries(changed) });
  }

  function store(path: string, data: Uint8Array | string): void {
    const file = join(dir, ARTIFACTS_FOLDER, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.tmp`, data);
    renameSync(`${file}.tmp`, file);
  }

  return {
    key: run.key,
    params(values) {
      const fresh: Record<string, string> = {};
      const refused: ReturnType<Journal['params']> = [];
      for (const [name, value] of Object.entries(values)) {
        checkName('param', name);
        const known = seen.params.get(name);
        if (known === undefined) fresh[name] = String(value);
        else if (known !== String(value)) refused.push({ name, kept: known, given: String(value) });
      }
      if (Object.keys(fresh).length > 0) append({ time: Date.now(), type: 'params', values: fresh });
      return refused;
    },
    metrics(values, step) {
      if (step !== undefined && !Number.isSafeInteger(step)) {
        throw new Error(`invalid step: ${step}. allowed: an integer`);
      }
      const fresh = Object.entries(values).filter(([name, value]) => {
        checkName('metric', name);
        if (typeof value !== 'number') throw new Error(`invalid metric value: ${name} is ${value}. allowed: a number`);
        return step === undefined ? seen.start.get(name) !== encodeNumber(value) : !seen.has(name, step);
      });
      if (fresh.length === 0) return;
      const encoded = fresh.map(([name, value]) => [name, encodeNumber(value)]);
      // Of two points at one step the server shows the later one: it must be later.
      const time = Math.max(Date.now(), step === undefined ? seen.time + 1 : 0);
      append({ time, type: 'metrics', step: step ?? 0, values: Object.fromEntries(encoded) });
    },
    tags,
    tag: (name) => seen.tags.get(name),
    image(key, png, step = 0) {
      checkImageKey(key);
      if (!Number.isSafeInteger(step)) throw new Error(`invalid step: ${step}. allowed: an integer`);
      if (seen.images.has(`${key} ${step}`)) return;
      const time = Date.now();
      const id = randomUUID();
      store(`${imageStem({ key, step, timestamp: time, id })}.png`, png);
      append({ time, type: 'image', key, step, id });
    },
    artifact(path, data) {
      checkArtifactPath(path);
      store(path, data);
      append({ time: Date.now(), type: 'artifact', path });
    },
    dataset({ name, digest, ...rest }) {
      if (name.length > LIMITS.datasetName) throw new Error(`dataset name too long: ${name}`);
      const dataset = { name, digest: digest.slice(0, LIMITS.datasetDigest), ...rest };
      if (!seen.datasets.has(datasetId(dataset))) append({ time: Date.now(), type: 'dataset', ...dataset });
    },
    lastStep: (metric) => seen.lastStep.get(metric),
    end(status) {
      append({ time: Date.now(), type: 'end', status });
      ended = true;
      closeSync(fd);
    },
  };
}

/** What the journal in `dir` holds, in its order; nothing where there is none. */
export function* readJournal(dir: string): Generator<Entry, void> {
  const path = join(dir, JOURNAL_FILE);
  if (!existsSync(path)) return;
  for (const { entry } of readLines(path)) if (entry) yield entry;
}

/** The PNG of an image in the journal in `dir`. */
export function imageFile(dir: string, { key, step, time: timestamp, id }: Extract<Entry, { type: 'image' }>): string {
  return join(dir, ARTIFACTS_FOLDER, `${imageStem({ key, step, timestamp, id })}.png`);
}

/**
 * Adds tags to the run of a journal that may have ended: its times and status stay as they are.
 *
 * @returns false where there is no journal
 */
export function tagRun(dir: string, values: Record<string, string>): boolean {
  const path = join(dir, JOURNAL_FILE);
  if (!existsSync(path) || !recoverJournal(path).run) return false;
  for (const name in values) checkName('tag', name);
  const entry: Entry = { time: Date.now(), type: 'tags', values };
  appendFileSync(path, `${JSON.stringify(entry)}\n`);
  return true;
}

/**
 * Ends the run of a journal that nobody will go on with, as of its last entry, where it has not ended: a process that was
 * killed cannot say so, and its run would be shown as running for ever.
 */
export function endUnfinished(dir: string, status: EndStatus): void {
  const path = join(dir, JOURNAL_FILE);
  if (!existsSync(path) || hasEnd(path)) return;
  const { run, open, time } = recoverJournal(path);
  const entry: Entry = { time, type: 'end', status };
  if (run && open) appendFileSync(path, `${JSON.stringify(entry)}\n`);
}

/** Whether the last line says that the run has ended: told without reading all that a long one logged. */
function hasEnd(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, 1024));
    readSync(file, tail, 0, tail.length, size - tail.length);
    const [last = '', afterIt] = tail.toString('utf8').split('\n').slice(-2);
    return afterIt === '' && (JSON.parse(last) as Entry).type === 'end';
  } catch {
    return false; // A longer line, or one that was cut off: no end.
  } finally {
    closeSync(file);
  }
}
