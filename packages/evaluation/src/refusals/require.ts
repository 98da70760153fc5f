import type { DatasetMetric, FeatureSet } from '@simclr/artifacts';
import { UserError } from '@simclr/stage';
import type { FeatureSource, KindFeatures } from '../feature-source.ts';

/**
 * @param expected what the config says that datasets are scored by
 * @throws UserError where a dataset is scored by something else
 */
export function requireMetric(
  { dataset, metric }: Pick<FeatureSource, 'dataset' | 'metric'>,
  expected?: DatasetMetric,
) {
  if (expected === undefined || expected === metric) return;
  throw new UserError(
    `wrong metric: ${expected} for ${dataset}, which is scored by ${metric} (section B.8). take metric out of the config: top-1 is given beside it`,
  );
}

/** @throws UserError where a feature is no finite number: a classifier would make a class of it all the same */
export function requireFinite({ dataset }: Pick<FeatureSource, 'dataset'>, { kind, ...sets }: KindFeatures): void {
  for (const [split, set] of Object.entries(sets)) {
    if (!set) continue;
    const { features, dim } = set as FeatureSet;
    const at = features.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    throw new UserError(
      `not finite: ${features[at]} among the features (${kind}) of row ${Math.floor(at / dim)} in ${split} of ${dataset}. ${REMEDIES[kind]}`,
    );
  }
}

const REMEDIES: Record<KindFeatures['kind'], string> = {
  pretrained: "is the encoder's training sound? try it in fp32, and look at that image",
  'random-init': 'look at that image',
  pixels: 'look at that image',
};

/** @throws UserError where labels do not count the classes that the splits name */
export function requireLabels(
  { dataset, classes, severalLabels }: Pick<FeatureSource, 'dataset' | 'classes' | 'severalLabels'>,
  { kind: _, ...sets }: KindFeatures,
): void {
  for (const [split, set] of Object.entries(sets)) {
    if (!set) continue;
    const { features, labels, dim } = set as FeatureSet;
    const rows = features.length / dim;
    const [width, least, most] = severalLabels ? [classes.length, -1, 1] : [1, 0, classes.length - 1];
    const wrong = labels.find((label) => label < least || label > most);
    if (labels.length === rows * width && wrong === undefined) continue;
    const found = wrong === undefined ? `${labels.length} labels of ${rows} rows` : `label ${wrong}`;
    throw new UserError(
      `wrong labels: ${found} in ${split} of ${dataset}. expected ${severalLabels ? 'for each class 1, 0 or -1' : `one of 0..${most}`}. run npm run pipeline -- run <pipeline> --force features`,
    );
  }
}
