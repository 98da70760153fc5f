import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface DownloadOptions {
  /** Milliseconds until the first byte of an answer; an unreachable web must not hold up the next source. */
  connectMs?: number;
  /** Milliseconds without any byte. */
  stallMs?: number;
  /** Bytes so far, and in all where the server says. */
  onProgress?: (bytes: number, total: number | undefined) => void;
  signal?: AbortSignal;
}

/**
 * Downloads to `${path}.part`, going on where an earlier attempt stopped if the server can, and returns the bytes. The
 * caller checks them; the part is removed then, or kept for the next attempt when the connection breaks.
 */
export async function download(url: string, path: string, options: DownloadOptions = {}): Promise<Uint8Array> {
  const { connectMs = 5000, stallMs = 30_000, onProgress, signal } = options;
  const part = `${path}.part`;
  mkdirSync(dirname(path), { recursive: true });
  const have = existsSync(part) ? statSync(part).size : 0;

  const abort = new AbortController();
  const forward = () => abort.abort(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });
  let timer = setTimeout(() => abort.abort(new Error(`no answer within ${connectMs / 1000} s`)), connectMs);
  try {
    const response = await fetch(url, { headers: have > 0 ? { range: `bytes=${have}-` } : {}, signal: abort.signal });
    const resumed = response.status === 206;
    // The part is already whole, or longer than the file: start over.
    if (response.status === 416) rmSync(part, { force: true });
    if (!response.ok || !response.body) throw new Error(`http ${response.status}`);
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = Number.isNaN(length) ? undefined : length + (resumed ? have : 0);
    let bytes = resumed ? have : 0;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(new Error(`no data for ${stallMs / 1000} s`)), stallMs);
        bytes += chunk.length;
        onProgress?.(bytes, total);
        done(null, chunk);
      },
    });
    await pipeline(
      Readable.fromWeb(response.body as never),
      count,
      createWriteStream(part, { flags: resumed ? 'a' : 'w' }),
      { signal: abort.signal },
    );
    if (total !== undefined && bytes !== total) throw new Error(`cut off at ${bytes} of ${total} bytes`);
    const data = readFileSync(part);
    rmSync(part);
    return data;
  } catch (error) {
    throw new Error(reason(error, abort.signal));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', forward);
  }
}

/** fetch hides why a connection failed in `cause`. */
function reason(error: unknown, signal: AbortSignal): string {
  if (signal.aborted && signal.reason instanceof Error) return signal.reason.message;
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message ? cause.message : message;
}

export const checksumOf = (bytes: Uint8Array, algorithm: string): string =>
  createHash(algorithm).update(bytes).digest('hex');
