import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { checked, withChecksum } from './checksum.ts';
import type { Dataset, RunStatus, WireNumber } from './types.ts';

export const JOURNAL_FILE = 'journal.jsonl';
/** Beside it: what is uploaded to the run, and, in a folder each by its key, to its models. */
export const ARTIFACTS_FOLDER = 'artifacts';
export const MODELS_FOLDER = 'models';

export type EndStatus = Exclude<RunStatus, 'RUNNING' | 'SCHEDULED'>;

/**
 * A journal is a file of JSON lines, one entry a line, in the order of the events. `time` (ms since 1970) is when it
 * happened: it is what the server gets as the timestamp however often and whenever the line is sent. `crc` in front of a
 * line tells whether it is whole.
 */
export type Entry = { time: number } & (
  | RunEntry
  | { type: 'resume' }
  | { type: 'params'; values: Record<string, string> }
  | { type: 'tags'; values: Record<string, string> }
  | ({ type: 'metrics'; step: number; values: Record<string, WireNumber> } & About)
  | { type: 'image'; key: string; step: number; id: string }
  | { type: 'artifact'; path: string }
  | ({ type: 'dataset' } & DatasetEntry)
  | ({ type: 'model' } & ModelEntry)
  | { type: 'end'; status: EndStatus }
);

/** The first line: which run this is. */
export interface RunEntry {
  type: 'run';
  /** Made by the caller, unique to the run, kept over interruptions; on the server the tag `simclr.run_key`. */
  key: string;
  /** Its name, made where there is none, or the id of one that is there. */
  experiment: string | { id: string };
  /** Without one, the server makes one up. */
  runName?: string | undefined;
  tags: Record<string, string>;
  /** On the server, of a run that someone else began there. */
  runId?: string | undefined;
  /** Key of the run that this one is shown under. */
  parentKey?: string | undefined;
}

export interface DatasetEntry {
  name: string;
  /** Longer ones are cut to MLflow's 36 characters. */
  digest: string;
  context: 'training' | 'evaluation';
  /** An address or a path. */
  source: string;
  rows: number;
  /** What a row's image is: pixels of [h, w, c], or a file. */
  shape?: readonly number[] | null;
  /** Rows of each class, by its name. */
  perClass?: Record<string, number>;
}

/** What a metric is of, besides the run. */
export interface About {
  /** Key of a model that a journal has: its metrics are listed with it. */
  model?: string | undefined;
  /** Of the run's datasets; its digest as that was given. */
  dataset?: Pick<Dataset, 'name' | 'digest'> | undefined;
}

export interface ModelEntry {
  /** Made with the entry or given, unique to the model; on the server the tag `simclr.model_key`. */
  key: string;
  name: string;
  /** When the run had it. */
  step: number;
  /** Such as `encoder`; free text. */
  modelType?: string | undefined;
  params: Record<string, string>;
  tags: Record<string, string>;
  /** Paths below `models/<key>` in the journal's folder. */
  files: string[];
  /** The registered model that it is a version of, and the aliases of that version. */
  register?: { name: string; aliases: string[] } | undefined;
}

/** An entry as a line of the journal. */
export function toLine(entry: Entry): string {
  return `${withChecksum(entry)}\n`;
}

/** One line of a journal: `entry` is undefined where the line is damaged, `end` its end. */
export interface Line {
  entry: Entry | undefined;
  /** Byte offset behind the line's newline. */
  end: number;
}

/** The complete lines behind `offset`, which must be the beginning of a line. What has no newline yet is not shown. */
export function* readLines(path: string, offset = 0): Generator<Line, void> {
  const fd = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(1 << 18);
    let rest: Buffer = Buffer.alloc(0);
    for (let at = offset; ; ) {
      const length = readSync(fd, chunk, 0, chunk.length, at);
      if (length === 0) return;
      at += length;
      const bytes = Buffer.concat([rest, chunk.subarray(0, length)]);
      let start = 0;
      for (let newline = bytes.indexOf(10); newline >= 0; newline = bytes.indexOf(10, start)) {
        yield {
          entry: checked(bytes.toString('utf8', start, newline)) as Entry | undefined,
          end: at - bytes.length + newline + 1,
        };
        start = newline + 1;
      }
      rest = bytes.subarray(start);
    }
  } finally {
    closeSync(fd);
  }
}

/** What the journal in `dir` holds, in its order; nothing where there is none. */
export function* readJournal(dir: string): Generator<Entry, void> {
  const path = join(dir, JOURNAL_FILE);
  if (!existsSync(path)) return;
  for (const { entry } of readLines(path)) if (entry) yield entry;
}

/** The entry that a journal begins with, or undefined when it is not complete yet. */
export function readRunEntry(path: string): (RunEntry & { time: number }) | undefined {
  for (const { entry } of readLines(path)) if (entry?.type === 'run') return entry;
  return undefined;
}
