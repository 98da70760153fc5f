import type { FeatureKind, ResultRow } from '@simclr/artifacts';

/** Columns of a result row that the page shows. */
export type Scored = Pick<ResultRow, 'dataset' | 'features' | 'labelFraction' | 'trainRows' | 'testRows' | 'score'>;

/** Rows that differ only in the draw of the labelled subset, taken together. */
export interface Summary {
  dataset: string;
  labelFraction: number;
  trainRows: number;
  testRows: number;
  /** Score by feature kind: mean and sample standard deviation over `draws`. */
  by: Partial<Record<FeatureKind, { mean: number; std: number; draws: number }>>;
}

/** One summary a (dataset, label fraction), in order of appearance, more labels first. */
export function summarise(rows: readonly Scored[]): Summary[] {
  const groups = Map.groupBy(rows, (row) => `${row.dataset} ${row.labelFraction}`);
  const summaries = [...groups.values()].map((group): Summary => {
    const first = group[0]!;
    const by: Summary['by'] = {};
    for (const [features, same] of Map.groupBy(group, (row) => row.features)) {
      const n = same.length;
      const mean = same.reduce((sum, row) => sum + row.score, 0) / n;
      const square = same.reduce((sum, row) => sum + (row.score - mean) ** 2, 0);
      by[features] = { mean, std: n > 1 ? Math.sqrt(square / (n - 1)) : 0, draws: n };
    }
    const { dataset, labelFraction, trainRows, testRows } = first;
    return { dataset, labelFraction, trainRows, testRows, by };
  });
  const order = [...new Set(rows.map((row) => row.dataset))];
  return summaries.sort(
    (a, b) => order.indexOf(a.dataset) - order.indexOf(b.dataset) || b.labelFraction - a.labelFraction,
  );
}
