import type { SplitName } from '@simclr/shards';
import type { Examined, Row } from './examine.ts';
import { each, error, type Finding, note } from './finding.ts';
import type { Subject } from './subject.ts';

/** Classes that an image shows, those that are there only as difficult among them. */
const classesOf = ({ label }: Row): number[] =>
  typeof label === 'number' ? [label] : [...label].flatMap((value, i) => (value >= 0 ? [i] : []));

/** How many images each split and each class has, against how many there should be. */
export function judgeCounts({ name, classes, published }: Subject, { rows, lists }: Examined): Finding[] {
  const bySplit = Map.groupBy(rows, ({ split }) => split);
  const { splits = undefined } = published?.dataset ?? {};
  const names = new Set<SplitName>([...bySplit.keys(), ...((splits ? Object.keys(splits) : []) as SplitName[])]);
  return [...names].flatMap((split): Finding[] => {
    const own = bySplit.get(split) ?? [];
    const findings: Finding[] = [];
    const part = published?.official.parts?.[lists.get(split) ?? ''];
    const expected = part?.split === split ? part.images : splits?.[split];
    if (part?.split === split) findings.push(note('part of a split', `${name}/${split} is the official ${part.name}`));
    if (splits && own.length !== (expected ?? 0))
      findings.push(
        error('wrong number of images', `${name}/${split} has ${own.length}. expected ${expected ?? 'no such split'}`),
      );
    const counts = new Int32Array(classes.length);
    for (const row of own) for (const label of classesOf(row)) counts[label]!++;
    const absent = classes.flatMap((_, i) => (counts[i] === 0 ? [i] : []));
    // A published class may have no image left for a test; one that has none at all is found in training.
    findings.push(
      ...coarse(name, split, counts),
      ...each(absent, 'missing class', 'error', (i) => `${name}/${split} has no image of ${classes[i]} (label ${i})`),
    );
    const ofEach = part ? undefined : published?.official.perClass?.[split];
    const others =
      ofEach === undefined ? [] : classes.flatMap((_, i) => (counts[i] !== 0 && counts[i] !== ofEach ? [i] : []));
    findings.push(
      ...each(
        others,
        'wrong number of images of a class',
        'error',
        (i) => `${name}/${split} has ${counts[i]} of ${classes[i]}. expected ${ofEach}`,
      ),
    );
    return findings;
  });
}

/** The 20 superclasses of CIFAR-100 in the place of its classes. */
function coarse(name: string, split: string, counts: Int32Array): Finding[] {
  const used = counts.findLastIndex((count) => count > 0);
  if (name !== 'cifar100' || counts.length !== 100 || used < 0 || used > 19) return [];
  return [
    error(
      'coarse labels',
      `${name}/${split} has labels up to ${used} alone: the 20 superclasses in the place of the 100 classes`,
    ),
  ];
}
