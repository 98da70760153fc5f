import { labelPercent } from '@simclr/artifacts';
import { canHoldOut, hashRows, probeSteps, SUBSET_STREAM, stratifiedSubset, takeRows } from '@simclr/probe';
import { heard } from '../heard.ts';
import { fractionSuffix } from '../summary.ts';
import type { Learned, Learning, LearnOptions, LeftOut } from './learning.ts';

/**
 * Logistic regression (section B.8) on all labels and on some, drawn several times. An official validation split is what
 * strengths are chosen on where all labels count, and is trained on in the end; some labels are drawn of both splits
 * together.
 */
export async function* learnLinear(
  { dataset, train, validation, classes, metric }: Learning,
  { config, seed, log, signal, tick }: LearnOptions,
): AsyncGenerator<Learned | LeftOut> {
  const rows = train.features.length / train.dim;
  // Rows of several classes have none to be stratified by.
  const strata = metric === '11-point-map' ? new Int32Array(rows) : train.labels;
  for (const labelFraction of config.labelFractions) {
    const all = labelFraction === 1;
    for (let draw = 0; draw < (all ? 1 : config.draws); draw++) {
      const drawn = all ? undefined : stratifiedSubset(strata, labelFraction, seed, SUBSET_STREAM + draw);
      // The same rows for every kind of features.
      if (drawn) log.params({ [`rows.${dataset}${fractionSuffix(labelFraction)}.${draw}`]: hashRows(drawn) });
      const key = { protocol: 'linear', labelFraction, draw } as const;
      const options = {
        ...config,
        classes,
        metric,
        convention: config.objective,
        seed: seed + draw,
        validation: all ? validation : undefined,
      };
      if (
        drawn &&
        !canHoldOut(
          Int32Array.from(drawn, (row) => strata[row]!),
          options,
        )
      ) {
        yield {
          key,
          leftOut: `${labelPercent(labelFraction)} % of the labels are one a class, which leaves none to choose λ by`,
        };
        break; // So it is with every draw.
      }
      const steps = probeSteps(drawn ? takeRows(train, drawn) : train, options);
      const probe = await heard(steps, { signal, tick });
      const { chosen, trials, folds } = probe;
      yield {
        key,
        made: {
          trainRows: drawn?.length ?? rows,
          choice: { l2: chosen.l2 },
          validationScore: chosen.value,
          validationLoss: chosen.loss!,
          folds,
          curve: trials.map(({ l2, value, loss }) => ({ at: { l2 }, score: value, loss: loss! })),
        },
        ...(drawn && { drawn }),
        scores: probe.scores,
        scale: 'logits',
      };
    }
  }
}
