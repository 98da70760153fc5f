/** A limit on silence: its signal aborts when nothing was heard for so long, however long the whole takes. */
export interface Silence {
  signal: AbortSignal;
  /** The wait begins anew. */
  heard(): void;
  /** No more is waited for. */
  done(): void;
}

export function silenceAfter(ms: number): Silence {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  return { signal: controller.signal, heard: () => void timer.refresh(), done: () => clearTimeout(timer) };
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
  for await (const piece of reply.body ?? []) {
    silence.heard();
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}
