import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { createClient } from '../client.ts';
import { contextTags } from '../context.ts';
import { readCursor } from '../cursor.ts';
import type { EndStatus } from '../entries.ts';
import { type Journal, openJournal } from '../journal.ts';
import { ERROR_TAG, lastLines } from '../last-lines.ts';
import { checkKey } from '../limits.ts';
import { runUrl } from '../runs.ts';
import { startSystemMetrics } from '../system-metrics.ts';
import { reportFatalErrors } from './abandoned.ts';
import { type Ending, leave, unwatch, watch } from './ends.ts';
import { startKeeper } from './keeper.ts';
import { type Recorder, recorder } from './recorder.ts';
import { becomeWriter } from './writer.ts';

/** How long the end of a run waits for the server to have it all. */
const WAIT_MS = 10_000;

export interface StartOptions {
  /** Default MLFLOW_EXPERIMENT_NAME, or the one of the id MLFLOW_EXPERIMENT_ID, or else `Default`. */
  experiment?: string | undefined;
  /** The run's name; without one, the server makes one up. */
  name?: string | undefined;
  /** The run that it is shown under, of the same experiment. */
  parent?: { key: string } | undefined;
  /**
   * A name of yours for this run, unique in `dir`: what was begun under it goes on, as one run, with what was logged not
   * logged again. The first time it begins. Without it, MLFLOW_RUN_ID names a run that is on the server already, for the
   * first `start` of the process.
   */
  resume?: string | undefined;
  /** Besides those of the context: user, script, commit. */
  tags?: Record<string, string>;
  /** Default MLFLOW_TRACKING_URI. */
  trackingUri?: string | undefined;
  /** The folder of the journals. Default `mlflow-journals`. */
  dir?: string;
  /** Takes a line about what is not kept or not sent. Default: standard error. */
  onWarning?: (line: string) => void;
}

export interface ActiveRun extends Recorder, AsyncDisposable {
  /** For `parent` and, later, for `resume`. */
  readonly key: string;
  /** The folder of its journal. */
  readonly dir: string;
  /**
   * Ends the run and waits, at most `waitMs` (default 10 s), until the server has it. What is left then is sent by a
   * process that stays.
   */
  end(status?: EndStatus, options?: { error?: unknown; waitMs?: number }): Promise<Delivery>;
}

export interface Delivery {
  /** Whether the server has everything. */
  delivered: boolean;
  /** The run's page, once the server has the run. */
  url: string | undefined;
}

/**
 * Begins a run, or goes on with one. What it logs is in its journal at once; a process beside this one sends it, also when
 * this one is gone. `await using` ends it with its block, `end` before; else the process's own end does: FINISHED with exit
 * code 0, FAILED with another and with an error that nothing catches, which becomes the tag `error`, KILLED by a signal.
 *
 * @throws Error one line, where an option or a variable cannot be used, or another process writes the run
 */
export async function start(options: StartOptions = {}): Promise<ActiveRun> {
  const { resume, trackingUri, onWarning = (line) => void process.stderr.write(`mlflow: ${line}\n`) } = options;
  const client = createClient({ ...(trackingUri && { trackingUri }) });
  const runId = resume === undefined ? takeRunId() : undefined;
  const key = resume ?? runId ?? randomUUID();
  checkKey('run', key);
  const dir = resolve(options.dir ?? 'mlflow-journals', key);
  const env = { ...process.env, ...(trackingUri && { MLFLOW_TRACKING_URI: trackingUri }) };
  const run = {
    key,
    experiment: options.experiment ?? experimentFromEnv(),
    runName: options.name,
    runId,
    // What another one's run is of, that one has told.
    tags: { ...(runId === undefined && contextTags()), ...options.tags },
    parentKey: options.parent?.key,
  };
  mkdirSync(dir, { recursive: true });
  const writer = await becomeWriter(dir);
  let journal: Journal;
  try {
    journal = openJournal(dir, run);
  } catch (error) {
    writer.release();
    throw error;
  }
  reportFatalErrors(dir);
  const keeper = startKeeper(dir, env, onWarning);
  const stopSystemMetrics = startSystemMetrics(journal);
  let ended = false;

  /** Synchronous: it has to be done when the process is. */
  function close(to: Journal, status: EndStatus, error: unknown): void {
    if (error !== undefined) to.tags({ [ERROR_TAG]: lastLines(error) });
    to.end(status);
  }
  const ending: Ending = {
    end(status, error) {
      ended = true;
      stopSystemMetrics();
      close(journal, status, error);
      writer.release();
    },
    failed(error) {
      close(openJournal(dir, run), 'FAILED', error);
      keeper.ensure();
    },
  };
  watch(ending);

  async function end(status: EndStatus, { error, waitMs = WAIT_MS }: { error?: unknown; waitMs?: number } = {}) {
    if (!ended) ending.end(status, error);
    unwatch(ending);
    const delivered = await keeper.finish(waitMs);
    const cursor = readCursor(dir, client.trackingUri);
    return { delivered, url: cursor && runUrl(cursor) };
  }
  return {
    ...recorder(journal, onWarning),
    key,
    dir,
    end: (status = 'FINISHED', how) => end(status, how),
    async [Symbol.asyncDispose]() {
      if (!ended) await leave(ending, () => end('FINISHED'));
    },
  };
}

/**
 * A run around a function: FINISHED when that returns, FAILED with the error when it throws, which is thrown on. Other than
 * `await using` it knows of errors that something further out catches.
 */
export async function withRun<T>(options: StartOptions, body: (run: ActiveRun) => T | Promise<T>): Promise<T> {
  const run = await start(options);
  try {
    const result = await body(run);
    await run.end();
    return result;
  } catch (error) {
    await run.end('FAILED', { error });
    throw error;
  }
}

/** As Python's client: what is begun after that is another run. */
function takeRunId(): string | undefined {
  const { MLFLOW_RUN_ID: runId } = process.env;
  delete process.env.MLFLOW_RUN_ID;
  return runId || undefined;
}

function experimentFromEnv(): string | { id: string } {
  const { MLFLOW_EXPERIMENT_NAME: name, MLFLOW_EXPERIMENT_ID: id } = process.env;
  return name || (id ? { id } : 'Default');
}
