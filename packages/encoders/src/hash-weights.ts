import { createHash } from 'node:crypto';
import type { Tree } from '@simclr/tensorflow';

/** Hash of an encoder's weights and batch-norm statistics, in whatever order they come. */
export function hashWeights(weights: Tree): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(weights).sort()) {
    const { data } = weights[name]!;
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex').slice(0, 16);
}
