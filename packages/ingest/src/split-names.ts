import type { SplitName } from '@simclr/shards';

/** What splits are called, in any case. */
const NAMES: [RegExp, SplitName][] = [
  [/^train(ing)?$/i, 'train'],
  [/^(val|valid|validation|dev)$/i, 'validation'],
  [/^test(ing)?$/i, 'test'],
];

/** The split that a folder or a row calls so; undefined where it is the name of none. */
export const splitNamed = (name: string): SplitName | undefined => NAMES.find(([pattern]) => pattern.test(name))?.[1];
