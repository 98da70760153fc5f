import { isObject } from './config-file.ts';

const WIDTH = 40;

/**
 * What differs between two configs, a line each place: `config ingest.datasets[1].size changed: 32 → 64`. Elements of
 * lists are compared by their place, after those that both lists begin and end with.
 */
export function configChanges(before: unknown, after: unknown, path = ''): string[] {
  if (same(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => configChanges(own(before, key), own(after, key), path ? `${path}.${key}` : key));
  }
  if (Array.isArray(before) && Array.isArray(after)) return listChanges(before, after, path);
  if (before === undefined || after === undefined) {
    return [`config ${path} changed: ${cut(text(before), 0)} → ${cut(text(after), 0)}`];
  }
  const [old, now] = [text(before), text(after)];
  const at = firstDifference(old, now);
  return [`config ${path} changed: ${cut(old, at)} → ${cut(now, at)}`];
}

/** Of equal length: place by place. Otherwise what is between the common head and tail was removed, or added. */
function listChanges(before: unknown[], after: unknown[], path: string): string[] {
  if (before.length === after.length) {
    return before.flatMap((value, i) => configChanges(value, after[i], `${path}[${i}]`));
  }
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && same(before[head], after[head])) head++;
  let tail = 0;
  while (tail < shorter - head && same(before.at(-1 - tail), after.at(-1 - tail))) tail++;
  const both = shorter - head - tail;
  const changed = Array.from({ length: both }, (_, i) => i + head).flatMap((i) =>
    configChanges(before[i], after[i], `${path}[${i}]`),
  );
  const rest = (list: unknown[], word: string) =>
    list
      .slice(head + both, list.length - tail)
      .map((value, i) => `config ${path}[${head + both + i}] ${word}: ${cut(text(value), 0)}`);
  return [...changed, ...rest(before, 'removed'), ...rest(after, 'added')];
}

// A key may be called as something that every object inherits: `valueOf`.
const own = (object: Record<string, unknown>, key: string) => (Object.hasOwn(object, key) ? object[key] : undefined);
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const text = (value: unknown) => (value === undefined ? 'unset' : JSON.stringify(value));

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/** At most `WIDTH` characters of a text, so that the one at `at` is among them. */
function cut(whole: string, at: number): string {
  if (whole.length <= WIDTH) return whole;
  const from = at < WIDTH - 1 ? 0 : Math.min(at - 10, whole.length - WIDTH + 1);
  const to = from + WIDTH - (from > 0 ? 1 : 0);
  const part = whole.slice(from, to >= whole.length ? undefined : to - 1);
  return `${from > 0 ? '…' : ''}${part}${to >= whole.length ? '' : '…'}`;
}
