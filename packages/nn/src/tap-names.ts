/** The features h, which follow from the last group. */
export const FEATURES_TAP = 'final_avg_pool';

/**
 * Where features may be taken from, by the reference's names of its hub modules: after the stem, after a group, h, after a
 * layer of the projection head that is not its last, and z.
 */
export const TAPS = [
  'initial_max_pool',
  'block_group1',
  'block_group2',
  'block_group3',
  FEATURES_TAP,
  'proj_head_layer1',
  'proj_head_layer2',
  'proj_head_output',
] as const;

export type Tap = (typeof TAPS)[number];

/** The last group that a tap needs: 0 the stem, 4 all. */
export const tapGroup = (tap: Tap): number => {
  if (tap === 'initial_max_pool') return 0;
  return tap.startsWith('block_group') ? Number(tap.at(-1)) : 4;
};
