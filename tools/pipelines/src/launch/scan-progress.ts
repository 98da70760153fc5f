import { type Progress, startProgress } from '@simclr/stage';
import type { Console } from './console.ts';

// A look at folders that have not changed is over by then.
const QUIET_MS = 2000;

/** A bar for each folder of the user's that is read, where all of it takes longer than a moment. */
export function scanProgress(stream: Console, now: () => number = Date.now) {
  const started = now();
  let bar: Progress | undefined;
  let shown: string | undefined;
  const stop = () => bar?.stop();
  const tell = (source: string, done: number, total: number) => {
    if (now() - started < QUIET_MS) return;
    if (shown !== source) {
      stop();
      const count = `${total.toLocaleString('en-US')} files`;
      if (!stream.isTTY) stream.write(`own data: reads what has changed in ${source}, ${count}\n`);
      bar = startProgress({ label: `own data: ${source}`, total, unit: 'files', stream, now });
      shown = source;
    }
    bar?.update(done);
  };
  return { tell, stop };
}
