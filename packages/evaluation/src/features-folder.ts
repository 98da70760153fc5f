import {
  type FeatureKind,
  type FeatureSet,
  featuresPath,
  readFeatures,
  readFeaturesInfo,
  writeFeatures,
  writeFeaturesInfo,
} from '@simclr/artifacts';
import { UserError } from '@simclr/stage';
import type { FeatureSource } from './feature-source.ts';

const SPLITS = ['train', 'validation', 'test'] as const;
type SplitName = (typeof SPLITS)[number];

/** Writes all kinds of a dataset's features as a folder that `openFeatures` reads: what they are last. */
export async function writeFeaturesFolder(out: string, source: FeatureSource): Promise<void> {
  const { dataset, classes, encoder, splits, flags } = source;
  const kinds: { kind: FeatureKind; dim: number }[] = [];
  for await (const features of source.kinds()) {
    const { kind } = features;
    for (const split of SPLITS) {
      const set = features[split];
      if (set) await writeFeatures(featuresPath(out, kind, split), set, { pixels: kind === 'pixels' });
    }
    kinds.push({ kind, dim: features.train.dim });
  }
  writeFeaturesInfo(out, { dataset, classes, encoder, splits, kinds, flags });
}

/**
 * The features in a folder of the stage `features`.
 * @throws UserError where a file is missing or damaged, or not of the rows that `features.json` says
 */
export function openFeatures(folder: string): FeatureSource {
  const { kinds, ...info } = readFeaturesInfo(folder);
  const read = (kind: FeatureKind, split: SplitName, dim: number): FeatureSet => {
    const path = featuresPath(folder, kind, split);
    const set = readFeatures(path);
    const { rows } = info.splits[split]!;
    if (set.labels.length !== rows || set.dim !== dim)
      throw new UserError(
        `damaged features: ${path} is [${set.labels.length}, ${set.dim}], expected [${rows}, ${dim}]. run npm run pipeline -- run <pipeline> --force features`,
      );
    return set;
  };
  return {
    ...info,
    getting: 'reading',
    async *kinds() {
      for (const { kind, dim } of kinds)
        yield {
          kind,
          train: read(kind, 'train', dim),
          ...(info.splits.validation && { validation: read(kind, 'validation', dim) }),
          test: read(kind, 'test', dim),
        };
    },
  };
}
