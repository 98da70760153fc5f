import type { Flag } from '@simclr/artifacts';
import { ProbeConfig } from '../config.ts';
import type { FeatureSource } from '../feature-source.ts';

/** Options that have no effect on this dataset, though they have on others: what has none on any is an error (require.ts). */
export function flagIgnored(
  { dataset, splits, severalLabels }: Pick<FeatureSource, 'dataset' | 'splits' | 'severalLabels'>,
  config: ProbeConfig,
): Flag[] {
  const flag = (what: string): Flag => ({ kind: 'ignored-option', dataset, message: `ignored option: ${what}` });
  const held = config.validationFraction !== ProbeConfig.parse({}).validationFraction;
  return [
    ...(severalLabels && config.protocols.includes('few-shot')
      ? [flag(`few-shot on ${dataset}, whose images are of several classes: no draw has as many of each`)]
      : []),
    ...(splits.validation && held && config.labelFractions.every((fraction) => fraction === 1)
      ? [flag(`validationFraction on ${dataset}, which has an official validation split`)]
      : []),
  ];
}
