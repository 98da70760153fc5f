import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Checksum of a file, which is read as a stream. @returns hexadecimal */
export async function checksumOf(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
