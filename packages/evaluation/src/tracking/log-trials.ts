import type { Predictions, ResultRow } from '@simclr/artifacts';
import { confusionMatrix } from '@simclr/probe';
import type { StageLog } from '@simclr/stage';
import { EVALUATED } from '../feature-source.ts';
import { rowName } from '../summary.ts';
import { confusionSvg, curveSvg } from './svg.ts';

/**
 * Everything that was tried, in MLflow: of each choice the validation score by trial, what was chosen, and a picture of the
 * curves; of the encoder's main result the confusion matrix, as a picture and as a table.
 */
export function logTrials(
  rows: readonly ResultRow[],
  { tests: [test], predictions }: Predictions,
  log: StageLog,
): void {
  for (const row of rows) {
    const key = `trials/${row.dataset}/${rowName(row)}${row.draw > 0 ? `.${row.draw}` : ''}`;
    row.curve?.forEach(({ at, score }, trial) => {
      log.metrics({ [`${key}/score`]: score, ...named(`${key}/`, at) }, trial);
    });
    log.metrics(named(`${key}/chosen_`, row.choice));
  }
  const chosen = rows.filter(({ curve, draw }) => curve && curve.length > 1 && draw === 0);
  if (chosen.length > 0) log.artifact(`trials/${chosen[0]!.dataset}.svg`, curveSvg(chosen));
  const main = rows.findIndex(({ features }) => features === EVALUATED);
  if (main < 0 || !test || test.metric === '11-point-map') return;
  const { classes, labels, dataset } = test;
  const counts = confusionMatrix(predictions[main]!.predicted, labels, classes.length);
  log.artifact(`confusion/${dataset}.svg`, confusionSvg(counts, classes, `${dataset}, ${rowName(rows[main]!)}`));
  log.artifact(`confusion/${dataset}.csv`, confusionCsv(counts, classes));
}

const named = (prefix: string, values: ResultRow['choice']): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));

const cell = (name: string) => (/[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

/** Rows of a label (down) that were predicted as a class (across). */
function confusionCsv(counts: Int32Array, classes: readonly string[]): string {
  const lines = classes.map((name, label) =>
    [cell(name), ...counts.subarray(label * classes.length, (label + 1) * classes.length)].join(','),
  );
  return `${[['label', ...classes.map(cell)].join(','), ...lines].join('\n')}\n`;
}
