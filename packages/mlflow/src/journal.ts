import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { About, DatasetEntry, EndStatus, Entry, ModelEntry, RunEntry } from './entries.ts';
import { ARTIFACTS_FOLDER, JOURNAL_FILE, toLine } from './entries.ts';
import { checkImageKey } from './images.ts';
import { artifactFile, type Content, imageFile, modelFile, store } from './journal-files.ts';
import { curve, datasetId, JournalState, recoverJournal } from './journal-state.ts';
import { checkArtifactPath, checkKey, checkName, LIMITS } from './limits.ts';
import { encodeNumber } from './wire.ts';

/** A model to log: `files` are contents by their paths below it, such as `encoder.json`. */
export interface NewModel extends Partial<Pick<ModelEntry, 'step' | 'modelType' | 'params' | 'tags'>> {
  name: string;
  files: Record<string, Content>;
  /**
   * A name of yours for it, such as a digest of its files: one model of the experiment, however many runs have it. Without
   * one it is this run's.
   */
  key?: string;
  /** Makes it a version of the registered model of that name, which the aliases then point at. */
  register?: { name: string; aliases?: string[] };
}

/**
 * Everything is synchronous and with the operating system when the call returns: a crash of the process loses nothing.
 * Against a power failure, lines are put on the disk (fdatasync) before they are sent, and all of them at the end: what
 * the server has, the disk has.
 */
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
   *
   * @param about the model and the dataset that they are of
   */
  metrics(values: Record<string, number>, step?: number, about?: About): void;
  tags(values: Record<string, string>): void;
  /** A tag's value, also from before the run was resumed. */
  tag(name: string): string | undefined;
  /** A (key, step) pair is kept once. */
  image(key: string, png: Uint8Array, step?: number): void;
  /** `path` is relative, such as `report.html`. The last content counts. */
  artifact(path: string, content: Content): void;
  dataset(dataset: DatasetEntry): void;
  /**
   * A (name, step) pair is kept once, or a key.
   * @returns its key, for metrics that are about it
   */
  model(model: NewModel): string;
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
  checkKey('run', run.key);
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
    const line = Buffer.from(`${torn ? '\n' : ''}${toLine(entry)}`);
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
    metrics(values, step, about = {}) {
      if (step !== undefined) checkStep(step);
      const { dataset: of, ...model } = about;
      const whose: About = { ...model, ...(of && { dataset: { name: of.name, digest: cutDigest(of.digest) } }) };
      const fresh = Object.entries(values).filter(([name, value]) => {
        checkName('metric', name);
        if (typeof value !== 'number') throw new Error(`invalid metric value: ${name} is ${value}. allowed: a number`);
        const id = curve(name, whose);
        return step === undefined ? seen.start.get(id) !== encodeNumber(value) : !seen.has(id, step);
      });
      if (fresh.length === 0) return;
      const encoded = fresh.map(([name, value]) => [name, encodeNumber(value)]);
      // Of two points at one step the server shows the later one: it must be later.
      const time = Math.max(Date.now(), step === undefined ? seen.time + 1 : 0);
      append({ time, type: 'metrics', step: step ?? 0, values: Object.fromEntries(encoded), ...whose });
    },
    tags,
    tag: (name) => seen.tags.get(name),
    image(key, png, step = 0) {
      checkImageKey(key);
      checkStep(step);
      if (seen.images.has(`${key} ${step}`)) return;
      const time = Date.now();
      const id = randomUUID();
      store(imageFile(dir, { type: 'image', key, step, time, id }), png);
      append({ time, type: 'image', key, step, id });
    },
    artifact(path, content) {
      checkArtifactPath(path);
      store(artifactFile(dir, path), content);
      append({ time: Date.now(), type: 'artifact', path });
    },
    dataset({ name, digest, ...rest }) {
      if (name.length > LIMITS.datasetName) throw new Error(`dataset name too long: ${name}`);
      const dataset = { name, digest: cutDigest(digest), ...rest };
      if (!seen.datasets.has(datasetId(dataset))) append({ time: Date.now(), type: 'dataset', ...dataset });
    },
    model({ name, files, key: given, step = 0, params = {}, tags: own = {}, modelType, register }) {
      checkStep(step);
      if (given !== undefined) checkKey('model', given);
      const known = seen.models.get(given ?? `${name} ${step}`);
      if (known) return known.key;
      for (const path in files) checkArtifactPath(path);
      const key = given ?? randomUUID();
      for (const [path, content] of Object.entries(files)) store(modelFile(dir, key, path), content);
      const version = register && { name: register.name, aliases: register.aliases ?? [] };
      const entry = { key, name, step, modelType, params, tags: own, files: Object.keys(files), register: version };
      append({ time: Date.now(), type: 'model', ...entry });
      return key;
    },
    lastStep: (metric) => seen.lastStep.get(metric),
    end(status) {
      append({ time: Date.now(), type: 'end', status });
      ended = true;
      fsyncSync(fd);
      closeSync(fd);
    },
  };
}

const cutDigest = (digest: string): string => digest.slice(0, LIMITS.datasetDigest);

function checkStep(step: number): void {
  if (!Number.isSafeInteger(step)) throw new Error(`invalid step: ${step}. allowed: an integer`);
}
