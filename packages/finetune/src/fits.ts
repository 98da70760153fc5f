import { labelPercent } from '@simclr/artifacts';
import { holdOut, SUBSET_STREAM, stratifiedSubset, VALIDATION_STREAM } from '@simclr/probe';
import { UserError } from '@simclr/stage';
import type { FinetuneConfig, StartWeights } from './config.ts';
import type { Data } from './data.ts';
import type { Fit } from './fit.ts';
import { fractionsOf, recipeOf } from './recipe.ts';

/** Everything that the config wants trained on a dataset, in order; the weights that training starts from change last. */
export function fitsOf(
  { name, train, official }: Pick<Data, 'name' | 'train' | 'official'>,
  config: FinetuneConfig,
  seed: number,
): Fit[] {
  const { weights, listedFraction, draws } = config;
  // Images of several classes have none to be balanced by.
  const strata = train.targets ? new Int32Array(train.rows) : train.labels;
  const all = Uint32Array.from({ length: train.rows }, (_, row) => row);
  const fitOf = (features: StartWeights, labelFraction: number, draw: number): Fit => {
    const drawn = labelFraction < 1 && listedFraction === undefined;
    const rows = drawn ? stratifiedSubset(strata, labelFraction, seed, SUBSET_STREAM + draw) : all;
    const recipe = recipeOf(config, features, labelFraction, rows.length);
    const { protocol, settings } = recipe;
    return {
      key: { dataset: name, features, protocol, labelFraction, draw },
      name: [
        features,
        ...(labelFraction < 1 ? [`${labelPercent(labelFraction)}pct`] : []),
        ...(draw > 0 ? [draw] : []),
      ].join('-'),
      recipe,
      rows,
      validation: settings.length > 1 ? validationRows(strata, official, config, seed) : new Uint32Array(),
      seed: seed + draw,
    };
  };
  return weights.flatMap((features) =>
    fractionsOf(config).flatMap((labelFraction) => {
      const times = labelFraction < 1 && listedFraction === undefined ? draws : 1;
      return Array.from({ length: times }, (_, draw) => fitOf(features, labelFraction, draw));
    }),
  );
}

/** The official split, or rows held out by a fixed rule. */
function validationRows(
  labels: Int32Array,
  official: Uint32Array | undefined,
  { validationFraction }: FinetuneConfig,
  seed: number,
): Uint32Array {
  if (official) return official;
  const [held] = holdOut(labels, validationFraction, 1, seed, VALIDATION_STREAM);
  if (held!.length) return held!;
  throw new UserError(
    `too few labels: ${labels.length} rows, one a class, leave none to choose on. give finetune.grid one learning rate and one weight decay`,
  );
}
