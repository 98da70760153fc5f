import type { EndStatus } from '../entries.ts';

/**
 * How runs end that nobody ended: by the end of this process. Signals need nothing here: a process that they kill says no
 * last word, and its keeper ends the run as KILLED. A handler for them would change what they do.
 */
export interface Ending {
  /** Ends the run, at once: the process is about to be gone. */
  end(status: EndStatus, error?: unknown): void;
  /** Makes a run FAILED that has just been ended by the end of its block: an error was on its way out of it. */
  failed(error: unknown): void;
}

const open = new Set<Ending>();
/** Ended by the end of their blocks, a moment ago. */
const left = new Set<Ending>();
let leaving = 0;
let uncaught: { error: unknown } | undefined;

/** From now on the end of the process is the end of the run. */
export function watch(run: Ending): void {
  if (open.size + left.size === 0) {
    process.on('exit', onExit);
    process.on('uncaughtExceptionMonitor', onUncaught);
  }
  open.add(run);
}

/** The run has been ended. */
export function unwatch(run: Ending): void {
  if (open.delete(run)) unhook();
}

/**
 * Ends a run at the end of its block. Whether that was left by an error nobody can tell it, only what happens next: an
 * error that nothing catches comes up before anything else does.
 */
export async function leave(run: Ending, end: () => Promise<unknown>): Promise<void> {
  leaving++;
  try {
    await end();
  } finally {
    left.add(run);
    leaving--;
    setImmediate(() => {
      if (leaving > 0) return; // A block around it is being left too.
      left.clear();
      unhook();
    });
  }
}

function unhook(): void {
  if (open.size + left.size + leaving > 0) return;
  process.off('exit', onExit);
  process.off('uncaughtExceptionMonitor', onUncaught);
}

function onUncaught(error: unknown): void {
  uncaught = { error };
  for (const run of left) run.failed(error);
}

function onExit(code: number): void {
  // As shells have it, for who handles a signal himself: 128 and its number.
  const status = code === 0 ? 'FINISHED' : code > 128 ? 'KILLED' : 'FAILED';
  const error = status === 'FAILED' ? (uncaught?.error ?? `exit code ${code}`) : undefined;
  for (const run of open) run.end(status, error);
}
