import { type Examined, examine, type Told } from './examine.ts';
import { each, type Finding } from './finding.ts';
import { judgeCounts } from './judge-counts.ts';
import { judgeTwins, type Twins, twinsWithin } from './judge-duplicates.ts';
import { judgeLabels } from './judge-labels.ts';
import { isOfficial, judgeSplits, notChecked } from './judge-splits.ts';
import type { Subject } from './subject.ts';

/** A dataset that was checked. */
export interface Checked {
  subject: Subject;
  examined: Examined;
  twins: Twins[];
  findings: Finding[];
}

/** Reads all of a dataset, and says all that is wrong with it. */
export async function check(subject: Subject, told?: Told): Promise<Checked> {
  const examined = await examine(subject, told);
  const { broken, undecodable } = examined;
  const twins = await twinsWithin(examined, { onProgress: (images) => told?.(images, 'compared') });
  const genuine = subject.genuine || isOfficial(subject, examined);
  const findings = [
    ...subject.findings,
    ...(broken ? [broken] : []),
    ...each(
      undecodable,
      'undecodable image',
      genuine ? 'note' : 'error',
      ({ name, reason }) => `${subject.name}/${name}. ${reason}`,
    ),
    // Of what was not read to its end there is nothing to count.
    ...(broken ? [] : [...judgeCounts(subject, examined), ...judgeSplits(subject, examined)]),
    ...judgeLabels(subject, examined),
    ...judgeTwins(twins, genuine),
    ...notChecked(subject),
  ];
  return { subject, examined, twins, findings };
}
