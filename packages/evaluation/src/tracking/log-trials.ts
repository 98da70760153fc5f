import type { Predictions, ResultRow } from '@simclr/artifacts';
import { choiceChart, confusionChart } from '@simclr/figures';
import { csvField } from '@simclr/figures/text';
import { confusionMatrix } from '@simclr/probe';
import type { StageLog } from '@simclr/stage';
import { EVALUATED } from '../feature-source.ts';
import { rowName } from '../summary.ts';

/** What is chosen among, and what its axis is called. */
const CHOSEN = { l2: 'λ', k: 'neighbours' } as const;

/**
 * Everything that was tried, in MLflow: of each choice the validation score by trial, what was chosen, and a picture of the
 * curves of λ and of k; of the encoder's main result the confusion matrix, as a picture and as a table.
 */
export async function logTrials(
  rows: readonly ResultRow[],
  { tests: [test], predictions }: Predictions,
  log: StageLog,
): Promise<void> {
  for (const row of rows) {
    const key = `trials/${row.dataset}/${rowName(row)}${row.draw > 0 ? `.${row.draw}` : ''}`;
    row.curve?.forEach(({ at, score }, trial) => {
      log.metrics({ [`${key}/score`]: score, ...named(`${key}/`, at) }, trial);
    });
    log.metrics(named(`${key}/chosen_`, row.choice));
  }
  for (const key of Object.keys(CHOSEN) as (keyof typeof CHOSEN)[]) {
    const tried = triedOf(rows, key);
    if (!tried.length) continue;
    const { dataset, metric } = rows[0]!;
    const layout = { axis: CHOSEN[key], size: SIZE, legend: LEGEND };
    log.artifact(
      `trials/${dataset}-${key}.svg`,
      await choiceChart(`${dataset}: ${metric} on validation rows`, tried, layout),
    );
  }
  const main = rows.findIndex(({ features }) => features === EVALUATED);
  if (main < 0 || !test || test.metric === '11-point-map') return;
  const { classes, labels, dataset } = test;
  const counts = confusionMatrix(predictions[main]!.predicted, labels, classes.length);
  log.artifact(
    `confusion/${dataset}.svg`,
    await confusionChart(counts, classes, `${dataset}, ${rowName(rows[main]!)}`),
  );
  log.artifact(`confusion/${dataset}.csv`, confusionCsv(counts, classes));
}

const named = (prefix: string, values: ResultRow['choice']): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));

const SIZE = [860, 340] as const;
const LEGEND = { orient: 'right', columns: 1, labelLimit: 0 } as const;

/** What rows tried of a parameter, where that is more than one value; of several draws the first. */
const triedOf = (rows: readonly ResultRow[], key: keyof typeof CHOSEN) =>
  rows
    .filter(({ curve, draw }) => curve && curve.length > 1 && draw === 0)
    .flatMap((row) =>
      row.curve!.flatMap(({ at, score }) => {
        const value = at[key];
        return value === undefined ? [] : [{ row: rowName(row), at: value, score, chosen: value === row.choice[key] }];
      }),
    );

/** Rows of a label (down) that were predicted as a class (across). */
function confusionCsv(counts: Int32Array, classes: readonly string[]): string {
  const lines = classes.map((name, label) =>
    [csvField(name), ...counts.subarray(label * classes.length, (label + 1) * classes.length)].join(','),
  );
  return `${[['label', ...classes.map(csvField)].join(','), ...lines].join('\n')}\n`;
}
