import type { ResultRow } from '@simclr/artifacts';
import { judgeScores } from '@simclr/evaluation/judge-scores';
import { chooseEvaluated } from '@simclr/evaluation/wiring';
import { hashRows } from '@simclr/probe';
import { inputDatasets } from '@simclr/shards';
import { inputFolder, type StageContext, type StageLog, type StageResult } from '@simclr/stage';
import { logMachine } from '@simclr/tensorflow';
import { precisionFor, readCheckpoint, unlessStopped } from '@simclr/training';
import { openClassifier } from './classifier.ts';
import { DATASET_KEY, type FinetuneConfig } from './config.ts';
import { openData } from './data.ts';
import { type Fit, type Fitted, type Ground, runFit, trainingNames } from './fit.ts';
import { fitsOf } from './fits.ts';
import { flagTraining } from './flag-training.ts';
import { readNetwork } from './network.ts';
import { keptPrecision, openProgress } from './progress.ts';
import { publish } from './publish.ts';
import { frozenBlock, settingName } from './recipe.ts';
import { publishNetworks } from './save-network.ts';
import { Under } from './trainer.ts';

/** Trains the encoder's network on a dataset, from the weights that the config names and on the shares of labels there. */
export async function finetune(context: StageContext<FinetuneConfig>): Promise<StageResult> {
  const { config, inputs, work, log, seed, signal } = context;
  const network = readNetwork(inputFolder(inputs, 'encoder'), config);
  const { name, ingest } = chooseEvaluated(inputDatasets(inputs), config.dataset, network.info, DATASET_KEY);
  const data = await openData(ingest, name, network.info, log, signal);
  const fits = fitsOf(data, config, seed);
  const flags = flagTraining(data, fits, config);
  for (const { message } of flags) log.info(`flag: ${message}`); // The end says it too, after days of training.
  const checkpoint = readCheckpoint(work, Under);
  const wanted = { precision: config.precision, network: network.info.architecture };
  const before = checkpoint?.precision ?? keptPrecision(work);
  const { precision, reason } = precisionFor(wanted, before, 'finetune.precision');
  logMachine(log, { precision, reason });
  log.params({ 'encoder.hash': network.digest });
  for (const { name: fit, rows } of fits) log.params({ [`rows.${fit}`]: hashRows(rows) });
  const bar = startBar(fits, log);
  const classes = data.classes.length;
  const classifier = await unlessStopped(openClassifier({ ...network.args, classes }, precision), signal);
  try {
    const { logEvery, checkpointSeconds, abandon } = config;
    const ground: Ground = {
      ...{ data, network, classifier, precision, seed, work, log, signal, checkpoint },
      ...{ logEvery, checkpointSeconds, onStep: bar.step },
      progress: openProgress(work, precision),
      fineTuneAfterBlock: frozenBlock(config),
      abandonAt: abandon?.atSteps ?? [],
      saveNetworks: config.networks,
    };
    const done: { fit: Fit; fitted: Fitted }[] = [];
    for (const fit of fits) {
      const fitted = await runFit(fit, ground);
      log.tags({ [`choice.${fit.name}`]: settingName(fitted.choice) });
      done.push({ fit, fitted });
    }
    const said = { scale: 'logits', labels: data.labels.test, classes, metric: data.metric } as const;
    const judged = done.map(({ fit, fitted }) => {
      return judgeScores(fit.key, madeOf(fit, fitted), { ...said, scores: fitted.logits });
    });
    publishNetworks(work, context.out);
    return publish(
      context,
      data,
      judged,
      done.flatMap(({ fitted }) => fitted.trials),
      flags,
    );
  } finally {
    bar.stop();
    classifier.dispose();
    data.close();
  }
}

/** What a row says of how its network was made. */
function madeOf({ rows }: Fit, { choice, validation, trials }: Fitted) {
  const tried = trials.flatMap(({ part, learningRate, weightDecay, validation }) => {
    const last = validation.at(-1);
    return part === 'search' && last ? [{ at: { learningRate, weightDecay }, score: last.score, loss: last.loss }] : [];
  });
  return {
    trainRows: rows.length,
    choice,
    ...(validation && { validationScore: validation.score, validationLoss: validation.loss, folds: 1, curve: tried }),
  } satisfies Partial<ResultRow>;
}

/** A bar over the images of all trainings, in their order: those that are over count as they stand before others. */
function startBar(fits: readonly Fit[], log: StageLog) {
  const places = new Map<string, { before: number; batch: number }>();
  let images = 0;
  for (const { recipe, ...fit } of fits) {
    for (const name of trainingNames({ ...fit, recipe })) {
      places.set(name, { before: images, batch: recipe.batch });
      images += recipe.steps * recipe.batch;
    }
  }
  const bar = log.progress(images, 'images');
  return {
    stop: bar.stop,
    step(name: string, step: number, loss: number) {
      const { before, batch } = places.get(name)!;
      bar.update(before + step * batch, `${name}  loss ${loss.toFixed(3)}`);
    },
  };
}
