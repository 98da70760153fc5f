import { randomUUID } from 'node:crypto';
import { uploadArtifact } from './artifacts.ts';
import type { Client } from './client.ts';
import { setTag } from './metrics.ts';

/** The longer side of the copies that the web page shows in its grids, in pixels. */
const THUMBNAIL = 256;

export function checkImageKey(key: string): void {
  if (!/^[a-zA-Z0-9_\-./ ]+$/.test(key)) {
    throw new Error(`invalid image key: ${key}. allowed: letters, digits, _ - . / and spaces`);
  }
}

/** Where the web page looks for an image of a step; the thumbnail lies at `<stem>+compressed.webp`. */
export function imageStem(params: { key: string; step: number; timestamp: number; id: string }): string {
  const { key, step, timestamp, id } = params;
  return `images/${key.replaceAll('/', '~')}+step+${step}+timestamp+${timestamp}+${id}`;
}

/**
 * Logs a PNG as the image of a step, with a thumbnail: the web page shows a grid with a step slider. The thumbnail takes the
 * package sharp; without it, it is the image itself.
 */
export async function logImage(params: {
  client: Client;
  runId: string;
  artifactUri: string;
  key: string;
  png: Uint8Array<ArrayBuffer>;
  step?: number;
  timestamp?: number;
  /** Tells images of the same key and step apart. The same id again replaces the image. */
  id?: string;
  signal?: AbortSignal | undefined;
}): Promise<void> {
  const { client, runId, artifactUri, key, png, step = 0, timestamp = Date.now(), id = randomUUID(), signal } = params;
  checkImageKey(key);
  const stem = imageStem({ key, step, timestamp, id });
  await uploadArtifact({ client, artifactUri, path: `${stem}.png`, data: png, signal });
  const small = await thumbnail(png);
  await uploadArtifact({ client, artifactUri, path: `${stem}+compressed.webp`, data: small, signal });
  await setTag({ client, runId, key: 'mlflow.loggedImages', value: 'True', signal });
}

/** A WebP whose longer side is 256 px; like the Python client's it enlarges small images. */
async function thumbnail(png: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  // Loaded when there is an image: libvips costs tens of milliseconds at start.
  const sharp = await import('sharp').then(
    (module) => module.default,
    () => undefined,
  );
  if (!sharp) return png; // Pages know an image by its content.
  const { width, height } = await sharp(png).metadata();
  const scale = THUMBNAIL / Math.max(width, height);
  const side = (length: number) => Math.max(1, Math.trunc(length * scale));
  const webp = await sharp(png)
    .resize({ width: side(width), height: side(height), fit: 'fill', kernel: 'cubic' })
    .webp({ quality: 80 })
    .toBuffer();
  return new Uint8Array(webp);
}
