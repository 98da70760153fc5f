import { statSync, truncateSync } from 'node:fs';
import { type About, type DatasetEntry, type Entry, type ModelEntry, type RunEntry, readLines } from './entries.ts';
import type { WireNumber } from './types.ts';

export const datasetId = ({ name, digest, context }: DatasetEntry) => JSON.stringify([name, digest, context]);

/** The name of a metric's curve within the run: one metric may be of several models and datasets. */
export function curve(name: string, { model, dataset }: About): string {
  return model === undefined && !dataset ? name : `${name} ${JSON.stringify([model, dataset?.name, dataset?.digest])}`;
}

/** What a journal holds, as far as it decides what is logged again. */
export class JournalState {
  run: RunEntry | undefined;
  readonly params = new Map<string, string>();
  readonly tags = new Map<string, string>();
  readonly images = new Set<string>();
  readonly datasets = new Set<string>();
  /** By key, and by name and step. */
  readonly models = new Map<string, ModelEntry>();
  readonly lastStep = new Map<string, number>();
  /** The last value of each metric at step 0, where those without a step are. */
  readonly start = new Map<string, WireNumber>();
  /** Whether the run goes on, as far as the journal knows. */
  open = false;
  /** Of the last entry; it never goes back, as clocks may. */
  time = 0;
  readonly #steps = new Map<string, Set<number>>();

  has(curve: string, step: number): boolean {
    return this.#steps.get(curve)?.has(step) ?? false;
  }

  add(entry: Entry): void {
    // Tags may come later: they begin nothing.
    if (entry.type !== 'tags') this.open = entry.type !== 'end';
    this.time = Math.max(this.time, entry.time);
    if (entry.type === 'metrics') {
      for (const [name, value] of Object.entries(entry.values)) {
        const of = curve(name, entry);
        this.#addStep(of, entry.step);
        if (entry.step === 0) this.start.set(of, value);
      }
    } else if (entry.type === 'run') {
      this.run = entry;
      for (const name in entry.tags) this.tags.set(name, entry.tags[name]!);
    } else if (entry.type === 'params' || entry.type === 'tags') {
      for (const name in entry.values) this[entry.type].set(name, entry.values[name]!);
    } else if (entry.type === 'image') this.images.add(`${entry.key} ${entry.step}`);
    else if (entry.type === 'dataset') this.datasets.add(datasetId(entry));
    else if (entry.type === 'model')
      for (const id of [entry.key, `${entry.name} ${entry.step}`]) this.models.set(id, entry);
  }

  #addStep(of: string, step: number): void {
    const steps = this.#steps.get(of) ?? new Set();
    this.#steps.set(of, steps.add(step));
    this.lastStep.set(of, Math.max(step, this.lastStep.get(of) ?? step));
  }
}

/** Reads a journal and cuts off a line that has no end. */
export function recoverJournal(path: string): JournalState {
  const seen = new JournalState();
  let end = 0;
  for (const line of readLines(path)) {
    if (line.entry) seen.add(line.entry);
    end = line.end;
  }
  if (statSync(path).size > end) truncateSync(path, end);
  return seen;
}
