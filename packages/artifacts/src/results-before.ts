/** Version 1 of results.json and predictions.json, which linear-eval and transfer wrote: logistic regression and kNN, by top-1. */

type Json = Record<string, unknown>;

/** What is no list is left for the schema to refuse; so is what is no object in it. */
const mapped = (value: unknown, map: (row: Json) => Json): unknown =>
  Array.isArray(value)
    ? value.map((row: unknown) => (typeof row === 'object' && row !== null ? map(row as Json) : row))
    : value;

const byTopOne = ({ accuracy, ...rest }: Json): Json => ({ ...rest, metric: 'top-1', score: accuracy, top1: accuracy });

/** kNN had a list of its own, which the first files did not have. */
export function upgradeResults({ rows, knn = [], ...rest }: Json): Json {
  const probes = mapped(rows, ({ l2, validationAccuracy, ...row }) => ({
    ...byTopOne(row),
    protocol: 'linear',
    choice: { l2 },
    validationScore: validationAccuracy,
  }));
  const neighbours = mapped(knn, ({ k, ...row }) => ({
    ...byTopOne(row),
    protocol: 'knn',
    labelFraction: 1,
    draw: 0,
    choice: { k },
  }));
  return { ...rest, rows: Array.isArray(probes) ? probes.concat(neighbours) : probes, flags: [] };
}

/** They had the classes of probes alone, and not the labels that these are to be compared with. */
export const upgradePredictions = ({ predictions, ...rest }: Json): Json => ({
  ...rest,
  tests: [],
  predictions: mapped(predictions, ({ classes, ...row }) => ({ ...row, protocol: 'linear', predicted: classes })),
});
