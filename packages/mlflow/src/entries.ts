import { closeSync, openSync, readSync } from 'node:fs';
import type { RunStatus, WireNumber } from './types.ts';

/**
 * A journal is a file of JSON lines, one entry a line, in the order of the events. `time` (ms since 1970) is when it
 * happened: it is what the server gets as the timestamp however often and whenever the line is sent.
 */
export type Entry = { time: number } & (
  | RunEntry
  | { type: 'resume' }
  | { type: 'params'; values: Record<string, string> }
  | { type: 'tags'; values: Record<string, string> }
  | { type: 'metrics'; step: number; values: Record<string, WireNumber> }
  | { type: 'image'; key: string; step: number; id: string }
  | { type: 'artifact'; path: string }
  | ({ type: 'dataset' } & DatasetEntry)
  | { type: 'end'; status: Exclude<RunStatus, 'RUNNING' | 'SCHEDULED'> }
);

/** The first line: which run this is. */
export interface RunEntry {
  type: 'run';
  /** Made by the caller, unique to the run, kept over interruptions; on the server the tag `simclr.run_key`. */
  key: string;
  experiment: string;
  runName: string;
  tags: Record<string, string>;
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

/** One line of a journal: `entry` is undefined where the line is not JSON (a damaged file system), `end` its end. */
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
        yield { entry: parse(bytes.toString('utf8', start, newline)), end: at - bytes.length + newline + 1 };
        start = newline + 1;
      }
      rest = bytes.subarray(start);
    }
  } finally {
    closeSync(fd);
  }
}

/** The entry that a journal begins with, or undefined when it is not complete yet. */
export function readRunEntry(path: string): (RunEntry & { time: number }) | undefined {
  for (const { entry } of readLines(path)) if (entry?.type === 'run') return entry;
  return undefined;
}

function parse(text: string): Entry | undefined {
  try {
    return JSON.parse(text) as Entry;
  } catch {
    return undefined;
  }
}
