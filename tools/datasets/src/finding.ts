/** What the doctor found. */
export interface Finding {
  /** A note is of what is so in the data as they are published, or does no harm: it makes no check fail. */
  severity: 'error' | 'note';
  /** The kind, in a few words. */
  thing: string;
  /** Where, how many, what was expected. */
  value: string;
}

export const error = (thing: string, value: string): Finding => ({ severity: 'error', thing, value });
export const note = (thing: string, value: string): Finding => ({ severity: 'note', thing, value });

/** A finding that an error of a reader tells: its message is `thing: value`. */
export function findingOf(message: string): Finding {
  const [thing, ...value] = message.split(': ');
  return value.length > 0 ? error(thing!, value.join(': ')) : error('unreadable', message);
}

/** One line. */
export const lineOf = ({ severity, thing, value }: Finding): string =>
  `${severity === 'note' ? 'note: ' : ''}${thing}: ${value}`;

/** Examples of a kind that are told one by one. */
const TOLD = 10;

/** A finding for each of the first, and one that counts the others. */
export function each<Item>(
  items: readonly Item[],
  thing: string,
  severity: Finding['severity'],
  say: (item: Item) => string,
): Finding[] {
  const told = items.slice(0, TOLD).map((item): Finding => ({ severity, thing, value: say(item) }));
  const more = items.length - told.length;
  return more > 0 ? [...told, { severity, thing, value: `and ${more} more (${items.length} in all)` }] : told;
}
