import { requireColour } from '@simclr/evaluation/input-shape';
import { chooseEvaluated } from '@simclr/evaluation/wiring';
import { supervisedStepFlops, supervisedStepMemory } from '@simclr/nn/plan';
import {
  checkAll,
  inputOf,
  type PlannedInputs,
  type PlannedNetwork,
  plannedDatasets,
  type StagePlan,
} from '@simclr/stage';
import { DATASET_KEY, FinetuneConfig } from './config.ts';
import { fractionsOf, frozenBlock, type Recipe, recipeOf } from './recipe.ts';
import { requireUsed } from './require-used.ts';

const UNKNOWN = 'unknown until ingest';

const digits = (value: number): string => Number(value.toPrecision(3)).toLocaleString('en-US');
const gigabytes = (bytes: number): string => `${digits(bytes / 1e9)} GB`;

/** Trainings, their steps, memory and cost: what follows from the configs. Throws UserError of all that cannot be. */
export default function planFinetune(config: FinetuneConfig, inputs: PlannedInputs): StagePlan {
  let plan: StagePlan = { facts: {} };
  checkAll([
    () => requireUsed(config),
    () => {
      plan = planTrainings(config, inputs);
    },
  ]);
  return plan;
}

function planTrainings(config: FinetuneConfig, inputs: PlannedInputs): StagePlan {
  const { encoder } = inputOf(inputs, 'encoder').plan;
  const given = plannedDatasets(inputs);
  // Where a stage before has a mistake, nobody knows what it would write.
  const known = given.length === 1 || (given.length > 1 && (config.dataset ?? encoder) !== undefined);
  if (!known) return { facts: { dataset: config.dataset ?? 'that of the encoder' } };
  const dataset = chooseEvaluated(given, config.dataset, encoder, DATASET_KEY);
  if (dataset.shape === null && encoder) requireColour(dataset.name, encoder.inputShape);
  if (encoder && !encoder.network)
    return { facts: { dataset: dataset.name, 'not fine-tuned': 'a graph of another program has no weights to train' } };
  const facts: StagePlan['facts'] = { dataset: dataset.name, ...differences(config) };
  if (dataset.train === undefined) return { facts: { ...facts, trainings: UNKNOWN } };
  const recipes = recipesOf(config, dataset.train);
  return {
    facts: {
      ...facts,
      ...trainingFacts(recipes),
      ...(encoder?.network && costs(recipes, config, encoder.inputShape, encoder.network)),
    },
  };
}

/**
 * Where a grid, or the length of a training, is not the paper's: what comes of it is no number to put beside the paper's. All
 * that is named is used: what is not, `requireUsed` refuses.
 */
function differences(config: FinetuneConfig): StagePlan['facts'] {
  const paper = FinetuneConfig.parse({});
  const keys = (['grid', 'gridFromRandom', 'fewLabels', 'linear'] as const).filter(
    (key) => JSON.stringify(config[key]) !== JSON.stringify(paper[key]),
  );
  const differs = [...keys, ...(config.abandon ? ['abandon'] : [])];
  return differs.length ? { 'unlike the paper': differs.join(', ') } : {};
}

type Counted = Recipe & { trainings: number };

/** What is trained on a dataset of so many rows; those of an official validation split are not counted. */
function recipesOf(config: FinetuneConfig, rows: number): Counted[] {
  const { listedFraction, draws } = config;
  return config.weights.flatMap((weights) =>
    fractionsOf(config).map((fraction) => {
      const drawn = fraction < 1 && listedFraction === undefined;
      const recipe = recipeOf(config, weights, fraction, drawn ? Math.max(1, Math.round(rows * fraction)) : rows);
      const choices = recipe.settings.length;
      return { ...recipe, trainings: (choices > 1 ? choices + 1 : 1) * (drawn ? draws : 1) };
    }),
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function trainingFacts(recipes: readonly Counted[]): StagePlan['facts'] {
  return {
    trainings: recipes
      .map(({ trainings, steps, batch }) => `${trainings} of ${steps.toLocaleString('en-US')} steps of ${batch}`)
      .join(', '),
    steps: sum(recipes.map(({ trainings, steps }) => trainings * steps)),
  };
}

function costs(
  recipes: readonly Counted[],
  config: FinetuneConfig,
  inputShape: readonly [number, number, number],
  network: PlannedNetwork,
): StagePlan['facts'] {
  const fineTuneAfterBlock = frozenBlock(config);
  const flops = (batch: number) => supervisedStepFlops({ network, batch, inputShape, fineTuneAfterBlock });
  const total = sum(recipes.map(({ trainings, steps, batch }) => trainings * steps * flops(batch)));
  const largest = Math.max(...recipes.map(({ batch }) => batch));
  const memory = (precision: 'fp32' | 'bf16') =>
    gigabytes(supervisedStepMemory({ network, batch: largest, inputShape }, precision).total);
  return {
    'GFLOP a step': [...new Set(recipes.map(({ batch }) => digits(flops(batch) / 1e9)))].join(', '),
    'hours at 1 TFLOP/s': Number((total / 1e12 / 3600).toPrecision(3)),
    'memory, fp32': memory('fp32'),
    'memory, bf16': memory('bf16'),
  };
}
