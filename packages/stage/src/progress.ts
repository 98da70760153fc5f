/** A running count on the console. */
export interface Progress {
  /**
   * @param done so many of `total`
   * @param extra more to show, for example `loss 4.21`.
   */
  update(done: number, extra?: string): void;
  /** Ends the line. Safe to call twice. */
  stop(): void;
}

export interface ProgressOptions {
  label: string;
  total: number;
  /** What is counted, for the rate: `images` gives `1,234 images/s`. */
  unit: string;
  stream: NodeJS.WriteStream | { write(text: string): unknown; isTTY?: boolean; columns?: number };
  /** Milliseconds; the tests' clock. */
  now?: () => number;
}

const LINE_EVERY_MS = 10_000;
/** Where nothing has changed since the last line: a sign of life. */
const SAME_EVERY_MS = 60_000;
const REPAINT_EVERY_MS = 100;

/** `1,234`, `0.083`. */
const shown = (rate: number): string =>
  (rate < 10 ? Number(rate.toPrecision(2)) : Math.round(rate)).toLocaleString('en-US', { maximumFractionDigits: 3 });

/** `75 s` → `1:15`, `4000 s` → `1:06:40`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const h = Math.floor(whole / 3600);
  const m = Math.floor(whole / 60) % 60;
  const s = String(whole % 60).padStart(2, '0');
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`;
}

/**
 * A bar with rate and time left, repainted in place on a terminal; elsewhere a plain line every ten seconds, or every minute
 * where it would say the same. The rate is of this process: a resumed run does not count what was done before it.
 */
export function startProgress({ label, total, unit, stream, now = Date.now }: ProgressOptions): Progress {
  const started = now();
  let first: number | undefined;
  let painted = started;
  /** What the last line said. */
  let told = '';
  let stopped = false;

  const text = (done: number, extra: string) => {
    const seconds = (now() - started) / 1000;
    const rate = seconds > 0 ? (done - (first ?? 0)) / seconds : 0;
    const left = rate > 0 ? clock((total - done) / rate) : '–:––';
    const percent = `${Math.floor((100 * done) / Math.max(1, total))} %`.padStart(5);
    return `${label} ${percent}  ${shown(rate)} ${unit}/s  ${left} left${extra && `  ${extra}`}`;
  };

  return {
    update(done, extra = '') {
      if (stopped) return;
      first ??= done;
      const time = now();
      const said = `${done} ${extra}`;
      const every = stream.isTTY ? REPAINT_EVERY_MS : said === told ? SAME_EVERY_MS : LINE_EVERY_MS;
      if (time - painted < every) return;
      [painted, told] = [time, said];
      const line = text(done, extra);
      if (stream.isTTY) {
        const width = 20;
        const full = Math.round((width * Math.min(done, total)) / Math.max(1, total));
        const bar = `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
        stream.write(`\r\x1b[2K${`${bar} ${line}`.slice(0, (stream.columns ?? 100) - 1)}`);
      } else stream.write(`${line}\n`);
    },
    stop() {
      if (stopped) return;
      stopped = true;
      if (stream.isTTY) stream.write('\r\x1b[2K');
    },
  };
}
