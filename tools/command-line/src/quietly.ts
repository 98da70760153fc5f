import { closeSync, openSync } from 'node:fs';

const STDERR = 2;

/**
 * Imports what writes to standard error while it is loaded: TensorFlow's library says that oneDNN is on before it looks at
 * TF_CPP_MIN_LOG_LEVEL. Whoever sets that wants to know all of it. What goes wrong is thrown as ever.
 */
export async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const kept = process.env.TF_CPP_MIN_LOG_LEVEL === undefined ? keep() : undefined;
  if (kept === undefined) return load();
  reopen('/dev/null');
  try {
    return await load();
  } finally {
    reopen(`/dev/fd/${kept}`);
    closeSync(kept);
  }
}

/** Another descriptor of where standard error goes; none where that is a socket, which cannot be opened again. */
function keep(): number | undefined {
  try {
    return openSync(`/dev/fd/${STDERR}`, 'a');
  } catch {
    return undefined;
  }
}

/** The lowest descriptor that is free is the next that is given: the one that was closed. */
function reopen(path: string): void {
  closeSync(STDERR);
  openSync(path, 'a');
}
