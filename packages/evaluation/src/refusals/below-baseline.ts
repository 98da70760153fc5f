import type { FeatureKind, Flag, ResultRow } from '@simclr/artifacts';
import { EVALUATED } from '../feature-source.ts';

const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;

/**
 * An encoder that is no better than the same network untrained, or than the pixels, at all labels or at a share of them: the
 * mean over draws by the first protocol (kNN on pixels is hard to beat where images are aligned, and is no verdict on a
 * linear evaluation).
 */
export function flagBelowBaseline(rows: readonly ResultRow[], dataset: string): Flag[] {
  const main = rows[0]?.protocol;
  const own = rows.filter(({ protocol }) => protocol === main);
  return [...Map.groupBy(own, ({ labelFraction }) => labelFraction)].flatMap(([share, same]): Flag[] => {
    const mean = (kind: FeatureKind) => {
      const scores = same.filter(({ features }) => features === kind).map(({ score }) => score);
      return scores.length > 0 ? scores.reduce((sum, score) => sum + score, 0) / scores.length : undefined;
    };
    const score = mean(EVALUATED);
    if (score === undefined) return [];
    const others = [...new Set(same.map(({ features }) => features))].filter((kind) => kind !== EVALUATED);
    const above = others.filter((kind) => mean(kind)! >= score);
    if (above.length === 0) return [];
    const found = above.map((kind) => `${percent(mean(kind)!)} for ${kind}`).join(', ');
    const labels = share === 1 ? dataset : `${percent(share)} of the labels of ${dataset}`;
    const message = `at or below a baseline: ${main} on ${labels} gives ${percent(score)} for the encoder, ${found}. look at the encoder, and at how its images are prepared, before you report it`;
    return [{ kind: 'below-baseline', dataset, message }];
  });
}
