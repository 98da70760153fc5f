import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { FeatureKind } from '@simclr/artifacts';
import { linearProbe, stratifiedSubset, takeRows } from '@simclr/probe';
import type { StageLog } from '@simclr/stage';
import type { ProbeConfig } from './config.ts';
import { type Evaluated, evaluatedRow } from './evaluated-row.ts';
import type { Labelled } from './join-features.ts';
import { fractionSuffix } from './summary.ts';

/** Streams of the draws of train subsets, apart from others of the seed. */
const SUBSET_STREAM = 0x737562;

/** Digest of a choice of rows. */
const hashRows = (rows: Uint32Array): string => createHash('sha256').update(rows).digest('hex').slice(0, 16);

/**
 * Probes of one kind of features: of all labels and of some, drawn several times; each looks at the test rows once. An
 * official validation split is what strengths are chosen on where all labels count, and is trained on in the end (section
 * B.8); some labels are drawn of both splits together.
 */
export async function evaluateLinear(
  dataset: string,
  features: FeatureKind,
  { train, validation, test }: Labelled,
  options: { config: ProbeConfig; classes: number; seed: number; log: StageLog; signal?: AbortSignal },
): Promise<Evaluated[]> {
  const { config, classes, seed, log, signal } = options;
  const evaluated: Evaluated[] = [];
  for (const labelFraction of config.labelFractions) {
    const draws = labelFraction < 1 ? config.draws : 1;
    for (let draw = 0; draw < draws; draw++) {
      await turn(); // A fit is synchronous: signals are heard before the next.
      signal?.throwIfAborted();
      let subset = train;
      if (labelFraction < 1) {
        const chosen = stratifiedSubset(train.labels, labelFraction, seed, SUBSET_STREAM + draw);
        // The same rows for every kind of features.
        log.params({ [`rows.${dataset}${fractionSuffix(labelFraction)}.${draw}`]: hashRows(chosen) });
        subset = takeRows(train, chosen);
      }
      const fitted = linearProbe(subset, test, {
        ...config,
        classes,
        seed: seed + draw,
        ...(labelFraction === 1 && validation && { validation }),
      });
      const { l2, validationAccuracy: validationScore, validationLoss, folds, trials } = fitted;
      const key = { dataset, features, protocol: 'linear', labelFraction, draw } as const;
      const choice = { l2 };
      const curve = trials.map((trial) => ({ at: { l2: trial.l2 }, score: trial.value, loss: trial.loss }));
      const made = { key, trainRows: subset.labels.length, choice, validationScore, validationLoss, folds, curve };
      evaluated.push(evaluatedRow(made, fitted.predictions, test.labels));
    }
  }
  return evaluated;
}
