import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checksumOf } from '@simclr/ingest';
import { writeFileAtomic } from '@simclr/stage';

interface Known {
  bytes: number;
  mtimeMs: number;
  algorithm: string;
  hex: string;
}

/** Checksums of files, kept beside the downloads as long as size and time of a file stay. */
export class Checksums {
  readonly #path: string;
  readonly #known: Record<string, Known>;

  /** @param cache folder that it is kept in */
  constructor(cache: string) {
    this.#path = join(cache, 'checksums.json');
    try {
      this.#known = existsSync(this.#path) ? JSON.parse(readFileSync(this.#path, 'utf8')) : {};
    } catch {
      this.#known = {}; // Cut off: all that is lost is time.
    }
  }

  /** What was computed before. */
  of(path: string, algorithm: string): string | undefined {
    const { size, mtimeMs } = statSync(path);
    const known = this.#known[path];
    const same = known?.bytes === size && known.mtimeMs === mtimeMs && known.algorithm === algorithm;
    return same ? known.hex : undefined;
  }

  /** Reads the file. */
  async compute(path: string, algorithm: string): Promise<string> {
    const { size, mtimeMs } = statSync(path);
    const hex = await checksumOf(path, algorithm);
    this.#known[path] = { bytes: size, mtimeMs, algorithm, hex };
    writeFileAtomic(this.#path, `${JSON.stringify(this.#known, null, 2)}\n`);
    return hex;
  }
}
