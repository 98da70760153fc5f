import type { SplitName } from '@simclr/shards';
import type { Examined } from './examine.ts';
import { error, type Finding, note } from './finding.ts';
import { unknownOf } from './official.ts';
import type { Subject } from './subject.ts';

/** What each split consists of, by digest, against the official lists. */
export function judgeSplits(subject: Subject, { lists }: Examined): Finding[] {
  const { name, published } = subject;
  const official = published?.official.lists;
  // Of images that were resized the digest is over pixels.
  if (!official || subject.shape?.join() !== published.dataset.shape?.join()) return [];
  return [...lists].flatMap(([split, list]): Finding[] => {
    const same = (Object.keys(official) as SplitName[]).find((each) => official[each] === list);
    if (same === split) return [];
    if (same) return [error('swapped split', `${name}/${split} is the official ${same}`)];
    if (official[split] === undefined) return [];
    return [
      error(
        'other split',
        `${name}/${split} consists of other images or labels than the official one: its list is ${list}. expected ${official[split]}`,
      ),
    ];
  });
}

/** What a published dataset is not compared with, since it is not known here. */
export function notChecked({ name, published }: Subject): Finding[] {
  const unknown = published ? unknownOf(published) : [];
  return unknown.length > 0 ? [note('not checked', `${name}: ${unknown.join('; ')}: none is known here`)] : [];
}

/** Whether it is as published to the last byte, whatever archive it came in: what is odd in it is so for everyone. */
export function isOfficial({ published, shape }: Subject, { lists, contents, broken }: Examined): boolean {
  const { official, dataset } = published ?? {};
  if (!official || broken) return false;
  // Of raw images a list is over their pixels, of files over names alone.
  const pixels = shape !== null && shape.join() === dataset?.shape?.join();
  const known = Object.keys(official.lists ?? {}).length === lists.size;
  return (
    official.contents === contents ||
    (pixels && known && [...lists].every(([split, list]) => official.lists?.[split] === list))
  );
}

/** Two lots of the same dataset: what was built has to consist of what the archives hold. */
export function judgeBuilt(built: Subject, ofBuilt: Examined, archives: Subject, ofArchives: Examined): Finding[] {
  if (built.shape !== archives.shape && built.shape?.join() !== archives.shape?.join())
    return [
      note(
        'other size',
        `${built.where} was made at another size than the archives': its splits are not compared with theirs`,
      ),
    ];
  return [...ofArchives.lists].flatMap(([split, list]) =>
    ofBuilt.lists.get(split) === list
      ? []
      : [
          error(
            'built from something else',
            `${built.where}/${split} consists of other images or labels than the archives: ${ofBuilt.lists.get(split) ?? 'nothing'}, not ${list}`,
          ),
        ],
  );
}
