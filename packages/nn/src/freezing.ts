import { UserError } from '@simclr/stage';

/** The default: everything trains. */
export const TRAIN_ALL = -1;

/**
 * Whether a variable, or a block, of encoder or heads is frozen where training starts after `block` (the reference's
 * fine_tune_after_block): −1 nothing is; 0 the stem; 1 to 4 also groups 1 to that one. Heads never are, so that 4 trains
 * these alone. Throws UserError for another `block`.
 */
export function isFrozen(name: string, block: number): boolean {
  if (!Number.isInteger(block) || block < TRAIN_ALL || block > 4) {
    throw new UserError(
      `invalid fineTuneAfterBlock: ${block}. allowed: -1 (all trains), 0 (after the stem), 1 to 4 (after that group)`,
    );
  }
  if (name.startsWith('stem/')) return block >= 0;
  const group = /^group(\d)\//.exec(name)?.[1];
  return group !== undefined && Number(group) <= block;
}
