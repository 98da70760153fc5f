import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from './client.ts';
import { JOURNAL_FILE } from './entries.ts';
import { MlflowError } from './errors.ts';
import { type SendResult, sendJournal } from './send.ts';

export interface SenderOptions {
  /** Takes one line when the server cannot be reached, once, and one for each thing that it refused. */
  onWarning?: (message: string) => void;
  /** How long failures are kept quiet, for a server that is still starting. Default 0. */
  warnAfterMs?: number;
  /** Pause between two looks at the journal. Default 2 s. */
  intervalMs?: number;
  /** A client with the credentials of now, for a server that refuses the old ones. */
  renew?: () => Client;
}

export interface Sender {
  /** Tries for at most `flushMs` to deliver the rest. Returns whether the server has everything. */
  stop(options: { flushMs: number }): Promise<boolean>;
}

const UNAUTHORIZED = new Set([401, 403]);
const MAX_PAUSE_MS = 15_000;
/** How long the last flush waits for the parent to be on the server: another process may be about to send it. */
const PARENT_MS = 5000;
/** Pause between tries of the last flush. */
const FLUSH_PAUSE_MS = 250;

/**
 * Sends the journal in `dir` from within the process that writes it, every 2 s what is new. It never throws and never
 * waits for the server on the caller's time; a server that is down is tried less and less often, up to every 15 s.
 */
export function startSender(dir: string, client: Client, options: SenderOptions = {}): Sender {
  const { onWarning = () => {}, warnAfterMs = 0, intervalMs = 2000, renew } = options;
  // One retry, which comes at once: after a long synchronous step the server has closed the connection that fetch would
  // use again. Beyond that the pause between passes is the retry.
  let impatient = { ...client, maxRetries: 1 };
  const abort = new AbortController();
  const journal = join(dir, JOURNAL_FILE);
  let timer: NodeJS.Timeout | undefined;
  let pause = intervalMs;
  let failingSince: number | undefined;
  let warned = false;
  let sentSize = -1;
  let delivered = false;
  let parentMissing = false;
  let pass: Promise<void> = Promise.resolve();

  async function send(): Promise<void> {
    const size = journalSize(journal);
    if (delivered && size === sentSize && !parentMissing) return;
    delivered = false;
    try {
      settle(await sendJournal(dir, impatient, { signal: abort.signal }), size);
    } catch (error) {
      if (renew && error instanceof MlflowError && UNAUTHORIZED.has(error.status))
        impatient = { ...renew(), maxRetries: 1 };
      failingSince ??= performance.now();
      pause = Math.min(MAX_PAUSE_MS, pause * 2);
      if (warned || performance.now() - failingSince < warnAfterMs) return;
      warned = true;
      onWarning(`${(error as Error).message}. the journal keeps what is logged and is sent later`);
    }
  }

  function settle(result: SendResult, size: number): void {
    failingSince = undefined;
    pause = intervalMs;
    for (const line of result.rejected) onWarning(`not taken by mlflow: ${line}`);
    sentSize = size;
    delivered = result.remaining === 0;
    parentMissing = result.parentMissing;
  }

  function schedule(): void {
    timer = setTimeout(() => {
      pass = send().then(() => {
        if (timer) schedule();
      });
    }, pause).unref(); // The sender never keeps a process alive.
  }
  schedule();

  return {
    async stop({ flushMs }) {
      clearTimeout(timer);
      timer = undefined;
      const begun = performance.now();
      const deadline = begun + flushMs;
      const waitsForParent = () => parentMissing && performance.now() < begun + PARENT_MS;
      const limit = setTimeout(() => abort.abort(), flushMs);
      await pass;
      while (!abort.signal.aborted) {
        await send();
        if ((delivered && !waitsForParent()) || performance.now() + FLUSH_PAUSE_MS > deadline) break;
        await new Promise((resolve) => setTimeout(resolve, FLUSH_PAUSE_MS));
      }
      clearTimeout(limit);
      return delivered;
    },
  };
}

function journalSize(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0; // Not begun yet.
  }
}
