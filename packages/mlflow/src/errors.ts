import { WebError } from '@simclr/web';

/** Replies that MLflow's own client tries again, and so does ours. */
const TRANSIENT = new Set([408, 429, 500, 502, 503, 504]);

/**
 * Two requests that make the same row at once, such as a dataset that two runs have in common: the server looks, then
 * writes, and calls the second one's failure a bad request. The next try finds the row. (A name that is taken is told with the
 * same words.)
 */
const RACE = /IntegrityError/;

/**
 * A request that MLflow refused or did not answer. `status` is 0 when no reply came; `code` is the server's
 * `error_code` (`RESOURCE_DOES_NOT_EXIST`, `INVALID_PARAMETER_VALUE`, …) or one of ours: `UNREACHABLE`, `TIMEOUT`,
 * `BAD_RESPONSE`, `CERTIFICATE`, `PROXY`. The message is one line and ends with the address.
 */
export class MlflowError extends Error {
  override name = 'MlflowError';
  readonly status: number;
  readonly code: string;
  readonly url: string;
  /** The message without what every one begins and ends with. */
  readonly detail: string;
  /** What the server's Retry-After header asked for, in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(
    what: { status: number; code: string; message: string; url: string; retryAfterMs?: number | undefined },
    options?: ErrorOptions,
  ) {
    const detail = what.message.replace(/\s+/g, ' ').trim().slice(0, 500);
    super(`mlflow: ${detail} (${what.code}${what.status ? ` ${what.status}` : ''}, ${what.url})`, options);
    this.status = what.status;
    this.code = what.code;
    this.url = what.url;
    this.detail = detail;
    this.retryAfterMs = what.retryAfterMs;
  }

  /** Whether the same request may succeed later. */
  get transient(): boolean {
    const race = this.status === 400 && this.code !== 'RESOURCE_ALREADY_EXISTS' && RACE.test(this.detail);
    return TRANSIENT.has(this.status) || this.code === 'UNREACHABLE' || this.code === 'TIMEOUT' || race;
  }
}

/** The error of a reply that is not a success. `body` is MLflow's JSON, or whatever a proxy in between wrote. */
export function errorFromReply(url: string, status: number, headers: Headers, body: string): MlflowError {
  let code = `HTTP_${status}`;
  let message = body.slice(0, 500) || 'no message';
  try {
    const reply = JSON.parse(body) as { error_code?: string; message?: string };
    code = reply.error_code ?? code;
    message = reply.message ?? message;
  } catch {
    // Not JSON: a page of a proxy. The first characters say enough.
  }
  return new MlflowError({ status, code, message, url, retryAfterMs: retryAfter(headers.get('retry-after')) });
}

/** The error of a request that got no complete reply: refused, reset, cut in the middle, or out of time. */
export function errorFromFailure(url: string, cause: unknown, timedOutMs: number | undefined): MlflowError {
  if (timedOutMs !== undefined) {
    const message = `no answer within ${timedOutMs / 1000} s; MLFLOW_HTTP_REQUEST_TIMEOUT sets the limit`;
    return new MlflowError({ status: 0, code: 'TIMEOUT', message, url }, { cause });
  }
  const message = `not reachable: ${reason(cause)}`;
  const code = cause instanceof WebError && !cause.transient ? cause.code : 'UNREACHABLE';
  return new MlflowError({ status: 0, code, message, url }, { cause });
}

/** `fetch failed` hides the system's error one or two levels down. */
function reason(error: unknown): string {
  if (error instanceof WebError) return error.message;
  const inner = error instanceof Error ? (error.cause ?? error) : error;
  const first = inner instanceof AggregateError ? inner.errors[0] : inner;
  if (!(first instanceof Error)) return String(first);
  return (first as NodeJS.ErrnoException).code ?? first.message;
}

/** A Retry-After header is a number of seconds or a date. */
function retryAfter(header: string | null): number | undefined {
  if (!header) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
