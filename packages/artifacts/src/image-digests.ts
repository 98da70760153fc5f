import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '@simclr/stage';
import { jsonArtifact } from './json-artifact.ts';

/** Bytes of a digest that are kept: among a million images, two of different content share them once in 10⁷ datasets. */
const BYTES = 8;

const Written = z.strictObject({ train: z.string(), validation: z.string().optional(), test: z.string() });

const artifact = jsonArtifact({
  file: 'images.json',
  stage: 'features',
  version: 1,
  written: Written,
  read: z.object(Written.shape),
});

/** What images are in the splits: a digest of each, in the order of the rows. Equal ones are the same image. */
export interface ImageDigests {
  train: readonly string[];
  validation?: readonly string[] | undefined;
  test: readonly string[];
}

/** @param bytes pixels of a raw image, or a file */
export const imageDigest = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest().subarray(0, BYTES).toString('hex');

const pack = (digests: readonly string[]): string => Buffer.from(digests.join(''), 'hex').toString('base64');

function unpack(packed: string): string[] {
  const hex = Buffer.from(packed, 'base64').toString('hex');
  return Array.from({ length: hex.length / (2 * BYTES) }, (_, i) => hex.slice(2 * BYTES * i, 2 * BYTES * (i + 1)));
}

/** Writes images.json beside features.json: of a split the digests of all rows, as base64. */
export function writeImageDigests(folder: string, { train, validation, test }: ImageDigests): void {
  artifact.write(folder, { train: pack(train), ...(validation && { validation: pack(validation) }), test: pack(test) });
}

/**
 * @returns undefined where features are of before, or another program wrote them
 * @throws UserError as `JsonArtifact.read`
 */
export function readImageDigests(folder: string): ImageDigests | undefined {
  if (!existsSync(join(folder, artifact.file))) return undefined;
  const { train, validation, test } = artifact.read(folder);
  return {
    train: unpack(train),
    ...(validation !== undefined && { validation: unpack(validation) }),
    test: unpack(test),
  };
}
