import type { FeatureKind, Flag, ResultRow } from '@simclr/artifacts';
import { EVALUATED } from '../feature-source.ts';

const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;

/**
 * An encoder that is no better than the same network untrained, or than the pixels: by the first protocol on all labels
 * (kNN on pixels is hard to beat where images are aligned, and is no verdict on a linear evaluation).
 */
export function flagBelowBaseline(rows: readonly ResultRow[], dataset: string): Flag[] {
  const all = rows.filter(({ labelFraction }) => labelFraction === 1);
  const main = (all[0] ?? rows[0])?.protocol;
  const scores = Map.groupBy(
    (all.length ? all : rows).filter(({ protocol }) => protocol === main),
    ({ features }) => features,
  );
  const mean = (kind: FeatureKind) => {
    const own = scores.get(kind);
    return own && own.reduce((sum, { score }) => sum + score, 0) / own.length;
  };
  const score = mean(EVALUATED);
  if (score === undefined) return [];
  const others = [...scores.keys()].filter((kind) => kind !== EVALUATED && mean(kind)! >= score);
  if (others.length === 0) return [];
  const found = others.map((kind) => `${percent(mean(kind)!)} for ${kind}`).join(', ');
  const message = `at or below a baseline: ${main} on ${dataset} gives ${percent(score)} for the encoder, ${found}. look at the encoder, and at how its images are prepared, before you report it`;
  return [{ kind: 'below-baseline', dataset, message }];
}
