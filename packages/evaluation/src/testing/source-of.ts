import type { FeatureSource, KindFeatures } from '../feature-source.ts';

/** Features as `openFeatures` gives them, of kinds that are in memory, for tests. */
export function sourceOf(kinds: readonly KindFeatures[], overrides: Partial<FeatureSource> = {}): FeatureSource {
  const { train, validation, test } = kinds[0]!;
  const split = (set: KindFeatures['train']) => ({ rows: set.features.length / set.dim, digest: 'a' });
  return {
    dataset: 'line',
    classes: ['a', 'b'],
    metric: 'top-1',
    severalLabels: false,
    encoder: { digest: 'd', parameters: 3 },
    splits: { train: split(train), ...(validation && { validation: split(validation) }), test: split(test) },
    flags: [],
    images: undefined,
    getting: 'reading',
    async *kinds() {
      yield* kinds;
    },
    ...overrides,
  };
}
