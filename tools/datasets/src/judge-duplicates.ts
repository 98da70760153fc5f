import { findDuplicates, type NearPair, type SearchOptions, standingOut } from '@simclr/near-duplicates';
import type { Examined, Row } from './examine.ts';
import { each, type Finding } from './finding.ts';

/** Two images that are one. */
export interface Twins {
  a: Row;
  b: Row;
  /** `exact`: the same bytes. */
  kind: 'exact' | 'near';
  likeness: number;
  mirrored: boolean;
}

/** All of a dataset's, within and across its splits. */
export async function twinsWithin({ rows, looks, rowOfLook }: Examined, options: SearchOptions = {}): Promise<Twins[]> {
  const exact = [...Map.groupBy(rows, ({ digest }) => digest).values()].flatMap((same) =>
    same.slice(1).map(
      (b): Twins => ({
        a: same.find((a) => a.split !== b.split) ?? same[0]!,
        b,
        kind: 'exact',
        likeness: 1,
        mirrored: false,
      }),
    ),
  );
  const near = standingOut(await findDuplicates(looks, looks, options), looks.count).map((pair) =>
    nearTwins(pair, rows[rowOfLook[pair.a]!]!, rows[rowOfLook[pair.b]!]!),
  );
  return [...exact, ...near];
}

/** Those of a dataset and another, which an encoder is pretrained on. */
export async function twinsAcross(one: Examined, other: Examined, options: SearchOptions = {}): Promise<Twins[]> {
  const byDigest = Map.groupBy(other.rows, ({ digest }) => digest);
  const exact = one.rows.flatMap((a): Twins[] => {
    const b = byDigest.get(a.digest)?.[0];
    return b ? [{ a, b, kind: 'exact', likeness: 1, mirrored: false }] : [];
  });
  const same = new Set(exact.map(({ a }) => a.digest));
  const pairs = await findDuplicates(one.looks, other.looks, options);
  const near = pairs
    .map((pair) => nearTwins(pair, one.rows[one.rowOfLook[pair.a]!]!, other.rows[other.rowOfLook[pair.b]!]!))
    .filter(({ a, b }) => a.digest !== b.digest && !same.has(a.digest));
  return [...exact, ...near];
}

const nearTwins = ({ likeness, mirrored }: NearPair, a: Row, b: Row): Twins => ({
  a,
  b,
  kind: 'near',
  likeness,
  mirrored,
});

/**
 * A line for each of the first pairs of a kind, and how many there are. In data that are as published they are notes: known
 * of CIFAR and Caltech-101, and nothing that one could mend.
 *
 * @param where the other dataset, if there are two
 */
export function judgeTwins(twins: readonly Twins[], genuine: boolean, where?: string): Finding[] {
  const groups = Map.groupBy(twins, ({ a, b, kind }) => {
    const what = kind === 'exact' ? 'duplicate' : 'near duplicate';
    if (where) return `${what} in ${where}`;
    return a.split === b.split ? `${what} within ${a.split}` : `${what} across splits`;
  });
  return [...groups].flatMap(([thing, pairs]) =>
    each(pairs, thing, genuine ? 'note' : 'error', ({ a, b, kind, likeness, mirrored }) => {
      const how = kind === 'exact' ? '' : ` (${likeness.toFixed(3)} alike${mirrored ? ', mirrored' : ''})`;
      const labels = !where && String(a.label) !== String(b.label) ? ', of other labels' : '';
      return `${a.name} and ${b.name}${how}${labels}`;
    }),
  );
}
