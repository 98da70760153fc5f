/** Exit code of a stage that was told to stop and can go on: BSD's EX_TEMPFAIL, "resume me". */
export const EXIT_INTERRUPTED = 75;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls back on SIGINT, SIGTERM and SIGHUP, which then end the process no more. Returns a function that undoes it. */
export function onStopSignal(callback: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of signals) process.on(signal, callback);
  return () => {
    for (const signal of signals) process.off(signal, callback);
  };
}

/**
 * Turns the first stop signal into an abort. A second one, or `graceMs` without an end, calls `giveUp`.
 *
 * @returns the abort signal for the stage, and a function that takes the handlers away
 */
export function abortOnStop(graceMs: number, giveUp: () => void): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const undo = onStopSignal(() => {
    if (controller.signal.aborted) return giveUp();
    controller.abort();
    timer = setTimeout(giveUp, graceMs);
    timer.unref();
  });
  const release = () => {
    clearTimeout(timer);
    undo();
  };
  return { signal: controller.signal, release };
}

/** Sends a signal to a process, or to a group given as a negative number; false where there is none. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
