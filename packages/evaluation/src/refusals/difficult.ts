import type { FeatureSet, Flag } from '@simclr/artifacts';
import type { FeatureSource } from '../feature-source.ts';

/**
 * Objects that VOC marks as difficult, and that labels do not have as such: counted as there or not there they move the
 * average precision by points.
 */
export function flagDifficult(
  { dataset, severalLabels, difficult }: Pick<FeatureSource, 'dataset' | 'severalLabels' | 'difficult'>,
  test: Pick<FeatureSet, 'labels'>,
): Flag[] {
  if (!severalLabels) return [];
  const found = test.labels.reduce((count, label) => count + Number(label === 0), 0);
  const counted = difficult === undefined ? dataset === 'voc2007' && found === 0 : found < difficult;
  if (!counted) return [];
  const expected = difficult === undefined ? 'VOC 2007 has some' : `the dataset has ${difficult}`;
  const message = `difficult objects counted: ${found} labels of test rows of ${dataset} are 0 (difficult), ${expected}. label them 0, which leaves them out of average precision`;
  return [{ kind: 'difficult-counted', dataset, message }];
}
