import type { Flag } from '@simclr/artifacts';
import { ProbeConfig } from '../config.ts';
import type { FeatureSource } from '../feature-source.ts';

/** Options that have no effect on this dataset, though they have on others: what has none on any is an error (require.ts). */
export function flagIgnored(
  { dataset, splits, severalLabels }: Pick<FeatureSource, 'dataset' | 'splits' | 'severalLabels'>,
  config: ProbeConfig,
): Flag[] {
  const held = config.validationFraction !== ProbeConfig.parse({}).validationFraction;
  return [
    ...(severalLabels && config.protocols.includes('few-shot')
      ? [ignored(dataset, `few-shot on ${dataset}, whose images are of several classes: no draw has as many of each`)]
      : []),
    ...flagHeldOut({ dataset, splits }, held && config.labelFractions.every((fraction) => fraction === 1)),
  ];
}

/** @param stated whether the config says what share of the rows is held out, and holds none out elsewhere */
export const flagHeldOut = ({ dataset, splits }: Pick<FeatureSource, 'dataset' | 'splits'>, stated: boolean): Flag[] =>
  splits.validation && stated
    ? [ignored(dataset, `validationFraction on ${dataset}, which has an official validation split`)]
    : [];

const ignored = (dataset: string, what: string): Flag => ({
  kind: 'ignored-option',
  dataset,
  message: `ignored option: ${what}`,
});
