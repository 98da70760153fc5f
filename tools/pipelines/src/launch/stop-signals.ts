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
 * Calls `stop` on the first stop signal, and `giveUp` on a second SIGINT: Ctrl-C, again. Other signals do not add up: a
 * closed terminal or a service manager signals all processes of a tree, and these each other.
 *
 * @returns a function that undoes it
 */
export function onStopOrAgain(stop: () => void, giveUp: () => void): () => void {
  let interrupts = 0;
  return onStopSignal((signal) => {
    if (signal === 'SIGINT' && ++interrupts > 1) giveUp();
    else stop();
  });
}

export interface StopWatch {
  /** For the stage. */
  signal: AbortSignal;
  /** As a first signal does. */
  stop(): void;
  /** Takes the handlers away. */
  release(): void;
}

/** Turns the first stop signal into an abort. A second SIGINT, or `graceMs` without an end, calls `giveUp`. */
export function abortOnStop(graceMs: number, giveUp: () => void): StopWatch {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    if (controller.signal.aborted) return;
    controller.abort();
    timer = setTimeout(giveUp, graceMs);
    timer.unref();
  };
  const undo = onStopOrAgain(stop, giveUp);
  const release = () => {
    clearTimeout(timer);
    undo();
  };
  return { signal: controller.signal, stop, release };
}
