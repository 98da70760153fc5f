import { UserError } from '@simclr/stage';

/** A key that only some configs of a stage read, what reads it, and whether that of this config does. */
export type ReadBy<C> = readonly [key: keyof C & string, by: string, read: (config: C) => boolean];

/**
 * @param usual the config of a stage of which nothing is said
 * @param stage in errors, with what of its config leaves a key unread: `protocols are linear, knn`
 * @throws UserError where a key is set, to something else than its default, that nothing reads by this config: a line for each
 */
export function requireRead<C>(
  config: C,
  usual: C,
  keys: readonly ReadBy<C>[],
  { stage, where }: { stage: string; where: string },
): void {
  const same = (key: keyof C) => JSON.stringify(config[key]) === JSON.stringify(usual[key]);
  const unread = keys.filter(([key, , read]) => !same(key) && !read(config));
  if (unread.length === 0) return;
  const lines = unread.map(
    ([key, by]) => `ignored option: ${key} of ${stage} has no effect: it is read by ${by}, and ${where}. take it out`,
  );
  throw new UserError(lines.join('\n'));
}
