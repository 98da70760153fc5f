import type { RowKey, Trial } from '@simclr/artifacts';
import { hashWeights } from '@simclr/encoders';
import type { SupervisedStepArgs } from '@simclr/nn';
import { choose, takeLabels } from '@simclr/probe';
import { UserError } from '@simclr/stage';
import type { Tree } from '@simclr/tensorflow';
import type { Classifier } from './classifier.ts';
import type { StartWeights } from './config.ts';
import type { Data } from './data.ts';
import { isHopeless } from './hopeless.ts';
import { judge } from './judge.ts';
import { initialState, type Network } from './network.ts';
import type { Progress } from './progress.ts';
import { batchNormMomentum, type Recipe, type Setting, settingName } from './recipe.ts';
import { saveNetwork } from './save-network.ts';
import { openTrainer, type Trainer, type TrainerOptions, type Validation } from './trainer.ts';

/** A network that is trained on some rows: what becomes a row of the results. */
export interface Fit {
  key: RowKey & { features: StartWeights };
  /** Name within the stage, also of its metrics: `pretrained-1pct`. */
  name: string;
  recipe: Recipe;
  /** That are trained on in the end. */
  rows: Uint32Array;
  /** Of them those that a choice is made on; none where there is nothing to choose. */
  validation: Uint32Array;
  seed: number;
}

/** What all fits of a stage have in common. */
export interface Ground extends Omit<TrainerOptions, 'args' | 'initial' | 'rows' | 'steps' | 'seed' | 'data'> {
  data: Data;
  network: Network;
  classifier: Classifier;
  /** Of the stage, for draws of weights. */
  seed: number;
  fineTuneAfterBlock: number;
  /** Steps at which trials may be given up. */
  abandonAt: readonly number[];
  /** Whether the network of each last training is kept. */
  saveNetworks: boolean;
  progress: Progress;
}

export interface Fitted {
  choice: Setting;
  /** Of the choice, on rows held out; absent where there was none. */
  validation?: Validation;
  /** Those that the choice was among, and the last one, on all rows. */
  trials: Trial[];
  /** Of the test rows, [n, classes]: seen once, at the end. */
  logits: Float32Array;
}

/**
 * Chooses among the recipe's settings on validation rows, trains with the choice on all rows, and looks at the test rows.
 * Trainings that are over are not repeated.
 *
 * @throws UserError where every trial diverged, Interrupted where the stage is told to stop
 */
export async function runFit(fit: Fit, ground: Ground): Promise<Fitted> {
  const { settings } = fit.recipe;
  const trials = settings.length > 1 ? await search(fit, ground) : [];
  const { setting, validation } = trials.length
    ? chosenOf(trials, fit.name)
    : { setting: settings[0]!, validation: {} };
  const name = `${fit.name}/final`;
  const { progress } = ground;
  if (!progress.logits(name)) await trainFinal(fit, ground, setting, name);
  return { choice: setting, ...validation, trials: [...trials, progress.trial(name)!], logits: progress.logits(name)! };
}

/** Names of a fit's trainings, in their order. */
export function trainingNames({ name, recipe: { settings } }: Fit): string[] {
  const trials = settings.length > 1 ? settings.map((setting) => `${name}/${settingName(setting)}`) : [];
  return [...trials, `${name}/final`];
}

/** The best on validation rows, as linear probes are chosen: of several as good, the one with the least loss. */
function chosenOf(
  trials: readonly Trial[],
  name: string,
): { setting: Setting; validation: { validation: Validation } } {
  const finished = trials.filter(({ end }) => end === 'finished');
  if (!finished.length)
    throw new UserError(
      `training diverged: ${name}, in all of ${trials.length} trials. lower the learning rates of the grid in the config`,
    );
  const last = finished.map(({ validation }) => validation.at(-1)!);
  const best = choose(last.map(({ score, loss }) => ({ value: score, loss })));
  const { learningRate, weightDecay } = finished[best]!;
  const { score, loss } = last[best]!;
  return { setting: { learningRate, weightDecay }, validation: { validation: { score, loss } } };
}

/** Trains every setting on the rows that are not held out. */
async function search(fit: Fit, ground: Ground): Promise<Trial[]> {
  const { key, recipe } = fit;
  const { progress, abandonAt } = ground;
  const named = recipe.settings.map((setting) => ({ ...setting, name: `${fit.name}/${settingName(setting)}` }));
  const over = () => named.flatMap(({ name }) => progress.trial(name) ?? []);
  if (over().length === named.length) return over();
  const held = new Set(fit.validation);
  const kept = fit.rows.filter((row) => !held.has(row));
  await withTrainer(fit, ground, kept, async (trainer) => {
    for (const { name, ...setting } of named) {
      if (progress.trial(name)) continue;
      const ask = async (step: number, state: Tree) => {
        const judged = await validate(state, fit, ground);
        const before = over().flatMap(({ validation }) => validation.filter((point) => point.step === step));
        return {
          ...judged,
          goesOn: !isHopeless(
            judged.score,
            before.map(({ score }) => score),
          ),
        };
      };
      const { state, ...trained } = await trainer.train({ ...setting, name, goesOn: { atSteps: abandonAt, ask } });
      const trial: Trial = { ...key, part: 'search', ...setting, ...trained };
      if (trial.end === 'finished') {
        const judged = await validate(state, fit, ground);
        if (Number.isFinite(judged.loss)) trial.validation.push({ step: recipe.steps, ...judged });
        else trial.end = 'diverged';
      }
      progress.keep(name, trial);
      tell(name, trial, ground);
    }
  });
  return over();
}

/** Says how a trial ended. */
function tell(name: string, { end, validation }: Trial, { log, data }: Ground): void {
  const last = validation.at(-1);
  if (end !== 'finished') {
    log.info(`${name}: ${end}`);
    return;
  }
  log.metrics({ [`${name}/validation_score`]: last!.score, [`${name}/validation_loss`]: last!.loss }, last!.step);
  log.info(`${name}: ${(100 * last!.score).toFixed(1)} % of validation rows by ${data.metric}`);
}

async function validate(state: Tree, { validation }: Fit, { classifier, data }: Ground): Promise<Validation> {
  const labels = takeLabels(data.labels.train, validation, data.labels.width);
  const logits = await classifier.logits(state, data.held, validation);
  return judge({ scores: logits, labels, classes: data.classes.length, metric: data.metric });
}

async function trainFinal(fit: Fit, ground: Ground, setting: Setting, name: string): Promise<void> {
  const { classifier, data, progress } = ground;
  await withTrainer(fit, ground, fit.rows, async (trainer) => {
    const { state, ...trained } = await trainer.train({ ...setting, name });
    const logits = await classifier.logits(state, data.test);
    if (trained.end !== 'finished' || !logits.every(Number.isFinite))
      throw new UserError(
        `training diverged: ${name}, at a learning rate of ${setting.learningRate}. lower it in the config`,
      );
    const weights = Object.fromEntries(classifier.variables.map((each) => [each, state[each]!]));
    if (ground.saveNetworks) {
      const { steps } = fit.recipe;
      saveNetwork(ground.work, fit.name, { ...ground, weights, steps, seed: fit.seed });
    }
    progress.keep(name, { ...fit.key, part: 'final', ...setting, ...trained, weights: hashWeights(weights) }, logits);
  });
}

async function withTrainer(
  { key, recipe, seed }: Fit,
  ground: Ground,
  rows: Uint32Array,
  use: (trainer: Trainer) => Promise<void>,
): Promise<void> {
  const { network, data, fineTuneAfterBlock } = ground;
  const { batch, steps } = recipe;
  const args: SupervisedStepArgs = {
    ...network.args,
    classes: data.classes.length,
    optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0, useNesterov: true },
    weightDecayInput: true,
    severalLabels: data.labels.width > 1,
    batch,
    bnMomentum: batchNormMomentum(rows.length, batch),
    fineTuneAfterBlock,
  };
  const initial = initialState(network, args, key.features, ground.seed);
  const trainer = await openTrainer({ ...ground, args, initial, rows, steps, seed });
  try {
    await use(trainer);
  } finally {
    await trainer.close();
  }
}
