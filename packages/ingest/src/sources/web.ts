import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFetch, proxyFor } from '@simclr/web';

const fetch = createFetch();

export interface DownloadOptions {
  /** Milliseconds until the first byte of an answer; an unreachable web must not hold up the next source. */
  connectMs?: number;
  /** Milliseconds without any byte. */
  stallMs?: number;
  /** Bytes so far, and in all where the server says. */
  onProgress?: (bytes: number, total: number | undefined) => void;
  /** Attempts in all, where an answer breaks off or the server is busy. Default 4. */
  attempts?: number;
  /** Milliseconds before the second attempt; twice as many before each that follows. Default 1000. */
  backoffMs?: number;
  signal?: AbortSignal;
}

/** Why a download failed, and whether another attempt may help. */
class Failure extends Error {
  readonly transient: boolean;

  constructor(message: string, transient: boolean) {
    super(message);
    this.transient = transient;
  }
}

/** What an interrupted download leaves, and a later one goes on from. */
export const partOf = (path: string): string => `${path}.part`;

/**
 * Downloads to `${path}.part`, through the proxy that HTTP_PROXY and its like name, going on where an earlier attempt
 * stopped if the server can. What breaks off is asked for again, after a while. The caller looks at the checksum and then
 * keeps or removes the part, which is there for the next download after an error.
 *
 * @returns the checksum, hexadecimal, computed while the bytes came
 */
export async function download(
  url: string,
  path: string,
  algorithm: string,
  options: DownloadOptions = {},
): Promise<string> {
  const { attempts = 4, backoffMs = 1000, signal } = options;
  const part = partOf(path);
  mkdirSync(dirname(path), { recursive: true });
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await goOn(url, part, algorithm, options);
    } catch (error) {
      if (attempt >= attempts || signal?.aborted || !(error instanceof Failure) || !error.transient) throw error;
      await sleep(backoffMs * 2 ** (attempt - 1), undefined, { signal });
    }
  }
}

async function goOn(url: string, part: string, algorithm: string, options: DownloadOptions): Promise<string> {
  const have = existsSync(part) ? statSync(part).size : 0;
  const hash = createHash(algorithm);
  if (have > 0) {
    const head = createHash(algorithm);
    for await (const chunk of createReadStream(part, { highWaterMark: 1 << 20 })) head.update(chunk as Buffer);
    if (await request(url, part, have, head, options)) return head.digest('hex');
    rmSync(part);
  }
  await request(url, part, 0, hash, options);
  return hash.digest('hex');
}

/**
 * Appends to the part what comes after its `have` bytes.
 * @param hash of those bytes; told the others
 * @returns false where the server has nothing that continues it
 */
async function request(
  url: string,
  part: string,
  have: number,
  hash: Hash,
  options: DownloadOptions,
): Promise<boolean> {
  const { connectMs = 5000, stallMs = 30_000, onProgress, signal } = options;
  const timeout = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let began = false;
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
    if (have > 0 && (response.status === 200 || response.status === 416 || !continues)) {
      await response.body?.cancel();
      return false;
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const proxy = proxyFor(new URL(url), process.env);
      const busy = response.status === 429 || response.status >= 500;
      throw new Failure(`http ${response.status}${proxy ? ` through the proxy ${proxy.name}` : ''}`, busy);
    }
    let bytes = resumed ? have : 0;
    began = true;
    const length = response.headers.get('content-length');
    const total = length === null ? undefined : Number(length) + bytes;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        within(stallMs, 'no data for');
        bytes += chunk.length;
        hash.update(chunk);
        onProgress?.(bytes, total);
        done(null, chunk);
      },
    });
    const file = createWriteStream(part, { flags: resumed ? 'a' : 'w' });
    await pipeline(Readable.fromWeb(response.body as never), count, file, { signal: abort });
    if (total !== undefined && bytes !== total) throw new Error(`cut off at ${bytes} of ${total} bytes`);
    return true;
  } catch (error) {
    if (error instanceof Failure) throw error;
    // What nobody answered will not be answered in a second; the next source may.
    throw new Failure(reason(error, abort), began);
  } finally {
    clearTimeout(timer);
  }
}

/** What told it to stop, if that is why. */
function reason(error: unknown, signal: AbortSignal): string {
  return signal.aborted && signal.reason instanceof Error ? signal.reason.message : (error as Error).message;
}
