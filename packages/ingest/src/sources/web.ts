import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createFetch, proxyFor } from '@simclr/web';

const fetch = createFetch();

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
 * Downloads to `${path}.part`, through the proxy that HTTP_PROXY and its like name, going on where an earlier attempt
 * stopped if the server can, and returns the bytes. The caller checks them; the part is removed then, or kept for the
 * next attempt when the connection breaks.
 */
export async function download(url: string, path: string, options: DownloadOptions = {}): Promise<Uint8Array> {
  const part = `${path}.part`;
  mkdirSync(dirname(path), { recursive: true });
  const have = existsSync(part) ? statSync(part).size : 0;
  if (!(await attempt(url, part, have, options))) {
    rmSync(part);
    await attempt(url, part, 0, options);
  }
  const data = readFileSync(part);
  rmSync(part);
  return data;
}

/** Appends to the part what comes after its `have` bytes. @returns false where the server has nothing that continues it */
async function attempt(url: string, part: string, have: number, options: DownloadOptions): Promise<boolean> {
  const { connectMs = 5000, stallMs = 30_000, onProgress, signal } = options;
  const timeout = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const within = (ms: number, what: string) => {
    clearTimeout(timer);
    timer = setTimeout(() => timeout.abort(new Error(`${what} ${ms / 1000} s`)), ms);
  };
  const abort = signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal;
  within(connectMs, 'no answer within');
  try {
    // The bytes as published: some servers call a .gz file an encoding, which fetch would undo.
    const headers = { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) };
    const response = await fetch(url, { headers, signal: abort });
    const resumed = response.status === 206;
    const continues = !resumed || response.headers.get('content-range')?.startsWith(`bytes ${have}-`);
    if (have > 0 && (response.status === 416 || !continues)) {
      await response.body?.cancel();
      return false;
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const proxy = proxyFor(new URL(url), process.env);
      throw new Error(`http ${response.status}${proxy ? ` through the proxy ${proxy.name}` : ''}`);
    }
    let bytes = resumed ? have : 0;
    const length = response.headers.get('content-length');
    const total = length === null ? undefined : Number(length) + bytes;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        within(stallMs, 'no data for');
        bytes += chunk.length;
        onProgress?.(bytes, total);
        done(null, chunk);
      },
    });
    const file = createWriteStream(part, { flags: resumed ? 'a' : 'w' });
    await pipeline(Readable.fromWeb(response.body as never), count, file, { signal: abort });
    if (total !== undefined && bytes !== total) throw new Error(`cut off at ${bytes} of ${total} bytes`);
    return true;
  } catch (error) {
    throw new Error(reason(error, abort));
  } finally {
    clearTimeout(timer);
  }
}

/** What told it to stop, if that is why. */
function reason(error: unknown, signal: AbortSignal): string {
  return signal.aborted && signal.reason instanceof Error ? signal.reason.message : (error as Error).message;
}

export const checksumOf = (bytes: Uint8Array, algorithm: string): string =>
  createHash(algorithm).update(bytes).digest('hex');
