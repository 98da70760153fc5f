import type { ImageShape } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import { parsePolicy } from './parse.ts';
import type { Policy } from './policy.ts';
import { printPolicy } from './print.ts';
import { viewShape } from './views.ts';

/** The policies of an image's two views: twice the same, as in the paper's method, or one for each, as in its Figure 5. */
export type PolicyPair = readonly [Policy, Policy];

/**
 * Reads the policy of both views, or two with a slash between them: `crop|flip / centercrop`.
 * @throws UserError as `parsePolicy`, and for more than two
 */
export function parsePair(text: string): PolicyPair {
  const [first, second, ...more] = text.split('/').map(parsePolicy);
  if (more.length) throw new UserError(`too many policies: ${text}. expected one, or two with a slash between them`);
  return [first!, second ?? first!];
}

/** The shortest text of a pair. */
export function printPair(pair: PolicyPair): string {
  return [...new Set(pair.map(printPolicy))].join(' / ');
}

/** Shape of both views. Throws UserError where the two differ, or nothing says it. */
export function pairShape(pair: PolicyPair, source: { shape: ImageShape | null }): ImageShape {
  const [first, second] = forBoth(pair, (policy) => viewShape(policy, source));
  if (String(first) === String(second)) return first;
  throw new UserError(`views differ: ${first.join('×')} and ${second.join('×')}. give both policies the same to=<px>`);
}

/** Results of `make` for both policies of a pair; it is called once where they are the same. */
export function forBoth<T>([first, second]: PolicyPair, make: (policy: Policy) => T): readonly [T, T] {
  const made = make(first);
  return [made, second === first ? made : make(second)];
}
