/**
 * Images that are nearly the same: re-encoded, resized, brightened, cropped a little, mirrored. Hashes find candidates without
 * a look at all pairs, and small pictures verify them. Pure: the caller decodes.
 *
 * {@link ../example.ts} runs.
 */
export type { NearPair, SearchOptions } from './find-duplicates.ts';
export { findDuplicates } from './find-duplicates.ts';
export { Looks } from './looks.ts';
export { standingOut } from './standing-out.ts';
