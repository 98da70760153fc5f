import { createHash } from 'node:crypto';
import type { DatasetRow } from './dataset.ts';

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
const ALL = (1n << 256n) - 1n;

/**
 * What a split consists of, whatever the order in which its images come: equal for two people whose splits have the same
 * images by name (raw ones by their pixels) and the same labels. The sum of a hash for each, then hashed.
 */
export class SplitDigest {
  #sum = 0n;
  #rows = 0;

  add(row: DatasetRow): void {
    const image = 'path' in row ? row.path : sha256(row.pixels);
    this.#sum = (this.#sum + BigInt(`0x${sha256(`${image}\t${row.label}\n`)}`)) & ALL;
    this.#rows++;
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    return sha256(`${this.#rows} ${this.#sum}`).slice(0, 16);
  }
}
