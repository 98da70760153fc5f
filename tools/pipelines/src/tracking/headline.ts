import { labelPercent, type ResultRow } from '@simclr/artifacts';
import { repeated } from '@simclr/probe/statistics';

/** An accuracy of the encoder, by which runs are compared. */
export interface Headline {
  /** Short, since MLflow's page cuts names, and reads as what was done: `linear_top1`, `linear_1pct_top1`, `digits_top1`. */
  name: string;
  /** Mean over the draws of labels. */
  value: number;
  /** On whose test rows. */
  dataset: string;
}

/** Headlines as metrics of a run. */
export const metricsOf = (found: readonly Headline[]): Record<string, number> =>
  Object.fromEntries(found.map(({ name, value }) => [name, value]));

const METRICS: Record<ResultRow['metric'], string> = {
  'top-1': 'top1',
  'mean-per-class': 'mean_class_accuracy',
  '11-point-map': 'map',
};

/**
 * The headline metrics of results: the encoder's by the dataset's metric, mean over draws; those that it is compared with
 * stay with their stage. On the dataset that it was pretrained on the protocol names them, elsewhere the dataset does.
 *
 * @param rows in the order in which the results are to be seen
 * @param pretrainedOn datasets of the encoders that were evaluated
 */
export function headlines(rows: readonly ResultRow[], pretrainedOn: ReadonlySet<string>): Headline[] {
  const own = (dataset: string) => pretrainedOn.size === 1 && pretrainedOn.has(dataset);
  const evaluated = rows.filter(({ features }) => features === 'pretrained');
  const groups = Map.groupBy(evaluated, (row) => headlineName(row, own(row.dataset)));
  const found = [...groups].map(([name, same]) => {
    return { name, value: repeated(same.map(({ score }) => score)).mean, dataset: same[0]!.dataset };
  });
  return [...found.filter(({ dataset }) => own(dataset)), ...found.filter(({ dataset }) => !own(dataset))];
}

function headlineName(row: ResultRow, own: boolean): string {
  const { dataset, protocol, labelFraction, shots, metric } = row;
  const how = own || protocol !== 'linear' ? [protocol] : [];
  const part =
    shots === undefined ? (labelFraction === 1 ? [] : [`${labelPercent(labelFraction)}pct`]) : [String(shots)];
  return [...(own ? [] : [dataset]), ...how, ...part, METRICS[metric]].join('_');
}
