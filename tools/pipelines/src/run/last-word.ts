import { unwatchEnd, watchEnd } from '@simclr/mlflow';

/**
 * Calls back when this process ends in the middle of a stage: by `process.exit`, or by an error that nothing catches. A
 * signal, or too little memory, leaves it no last word.
 *
 * @returns a function that undoes it
 */
export function onProcessEnd(end: (error: unknown) => void): () => void {
  const ending = {
    end: (_: string, error: unknown = 'exit code 0 before the stage was done') => end(error),
    failed() {}, // Of runs that end with their block.
  };
  watchEnd(ending);
  return () => unwatchEnd(ending);
}
