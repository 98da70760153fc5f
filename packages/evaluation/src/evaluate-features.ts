import type { FeatureKind, FeatureSet, Flag, OmittedRow, Prediction, Predictions, ResultRow } from '@simclr/artifacts';
import type { StageLog } from '@simclr/stage';
import type { ProbeConfig } from './config.ts';
import { EVALUATED, type FeatureSource, type KindFeatures } from './feature-source.ts';
import { joinFeatures } from './join-features.ts';
import { judgeScores } from './judge-scores.ts';
import type { Learned, Learning, LeftOut } from './protocols/learning.ts';
import { classifierCount, protocols } from './protocols/protocols.ts';
import { flagResults, flagSource } from './refusals/flags.ts';
import { requireFinite, requireLabels, requireMetric } from './refusals/require.ts';
import { collectDraws } from './refusals/shared-images.ts';
import { stopwatch } from './stopwatch.ts';

export interface Evaluation {
  rows: ResultRow[];
  /** Of each row, in the rows' order. */
  predictions: Prediction[];
  /** Classifiers of the encoder's features that could not be made. */
  omitted: OmittedRow[];
  /** What they are to be compared with. */
  tested: Predictions['tests'][number];
  flags: Flag[];
  /** Features of the pretrained encoder. */
  train: FeatureSet;
  test: FeatureSet;
}

export interface EvaluateOptions {
  config: ProbeConfig;
  seed: number;
  log: StageLog;
  /** Ends the evaluation, with the signal's reason, within seconds. */
  signal?: AbortSignal | undefined;
}

/**
 * Evaluates every kind of features that there is of a dataset by every protocol of the config.
 *
 * @throws UserError where labels are not of the classes, features not finite, or the config expects another metric than the dataset's
 */
export async function evaluateFeatures(source: FeatureSource, options: EvaluateOptions): Promise<Evaluation> {
  const { config, log } = options;
  const { dataset, metric } = source;
  requireMetric(source, config.metric);
  const seconds = stopwatch([source.getting, ...config.protocols]);
  const results: Pick<Evaluation, 'rows' | 'predictions' | 'omitted'> = { rows: [], predictions: [], omitted: [] };
  const draws = collectDraws();
  let evaluated: KindFeatures | undefined;

  for await (const sets of source.kinds()) {
    seconds.take(source.getting);
    requireLabels(source, sets);
    requireFinite(source, sets);
    if (sets.kind === EVALUATED) evaluated = sets;
    const { test, ...known } = joinFeatures(sets);
    const learning: Learning = { dataset, classes: source.classes.length, metric, ...known };
    for await (const learned of learnAll(learning, sets.kind, options, seconds.take)) {
      if ('leftOut' in learned) {
        if (sets.kind === EVALUATED) leaveOut(results.omitted, { dataset, ...learned }, log);
        continue;
      }
      const { key, made, scale } = learned;
      // The one look at the test rows, of a classifier that is made by now.
      const said = {
        scores: await learned.scores(test.features),
        scale,
        labels: test.labels,
        classes: source.classes.length,
      };
      const { row, prediction } = judgeScores({ dataset, features: sets.kind, ...key }, made, { ...said, metric });
      results.rows.push(row);
      results.predictions.push(prediction);
      draws.add(learned);
    }
  }
  const { train, test } = evaluated!;
  const flags = [...flagSource(source, test, config), ...draws.flag(source), ...flagResults(results, source, test)];
  tellSeconds(source, seconds.taken, log);
  const labels = Array.from(test.labels);
  const tested = { dataset, digest: source.splits.test.digest, metric, classes: source.classes, labels };
  return { ...results, tested, flags, train, test };
}

/**
 * What all protocols make of one kind of features, under a bar.
 * @param done called after each protocol
 */
async function* learnAll(
  learning: Learning,
  kind: FeatureKind,
  options: EvaluateOptions,
  done: (protocol: ProbeConfig['protocols'][number]) => void,
): AsyncGenerator<Learned | LeftOut> {
  const { config, log } = options;
  const count = config.protocols.reduce((sum, protocol) => sum + classifierCount(protocol, config), 0);
  const progress = log.progress(count, 'classifiers');
  let made = 0;
  try {
    for (const protocol of config.protocols) {
      const tick = () => progress.update(made, `${learning.dataset} ${kind}, ${protocol}`);
      tick();
      for await (const learned of protocols[protocol](learning, { ...options, tick })) {
        made++;
        tick();
        yield learned;
      }
      done(protocol);
    }
  } finally {
    progress.stop();
  }
}

function leaveOut(
  omitted: OmittedRow[],
  { dataset, key, leftOut }: LeftOut & { dataset: string },
  log: StageLog,
): void {
  omitted.push({ dataset, features: EVALUATED, ...key, reason: leftOut });
  log.info(`${dataset}: no ${key.protocol} classifier: ${leftOut}`);
}

/** Tags of the run: they are others each time, and nothing that runs are compared by. */
function tellSeconds({ dataset, getting }: FeatureSource, taken: Record<string, number>, log: StageLog): void {
  const said = Object.entries(taken).map(
    ([part, took]) => `${part === getting ? 'features' : part} ${took.toFixed(1)} s`,
  );
  log.info(`${dataset}: ${said.join(', ')}`);
  log.tags(
    Object.fromEntries(Object.entries(taken).map(([part, took]) => [`seconds/${dataset}/${part}`, took.toFixed(1)])),
  );
}
