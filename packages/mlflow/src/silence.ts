import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';

/** A limit on silence: its signal aborts when nothing was heard for so long, however long the whole takes, or with another. */
export interface Silence {
  signal: AbortSignal;
  /** The wait begins anew. */
  heard(): void;
  /** No more is waited for. */
  done(): void;
}

export function silenceAfter(ms: number, outer?: AbortSignal): Silence {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  // AbortSignal.any is not in Node 20.0.
  const abort = () => controller.abort(outer?.reason);
  if (outer?.aborted) abort();
  outer?.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    heard: () => void timer.refresh(),
    done() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    },
  };
}

/** The bytes of a blob as they are asked for: a file is read piece by piece, and each piece is heard. */
export function uploading(blob: Blob, silence: Silence): ReadableStream<Uint8Array> {
  const heard = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      silence.heard();
      controller.enqueue(piece);
    },
  });
  return blob.stream().pipeThrough(heard);
}

/** The whole body of a reply; each piece is heard. */
export async function downloaded(reply: Response, silence: Silence): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of pieceByPiece(reply, silence)) pieces.push(piece);
  const { buffer, byteOffset, length } = Buffer.concat(pieces);
  return new Uint8Array(buffer, byteOffset, length); // No second copy: it may be large.
}

/** The body of a reply as a file, which may be larger than memory; it appears by rename. */
export async function saved(reply: Response, silence: Silence, file: string): Promise<void> {
  const made = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(made, pieceByPiece(reply, silence));
    await rename(made, file);
  } catch (error) {
    await rm(made, { force: true });
    throw error;
  }
}

async function* pieceByPiece(reply: Response, silence: Silence): AsyncGenerator<Uint8Array> {
  for await (const piece of reply.body ?? []) {
    silence.heard();
    yield piece;
  }
}
