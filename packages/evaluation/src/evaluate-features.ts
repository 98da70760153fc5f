import type { FeatureSet, Prediction, Predictions, ResultRow } from '@simclr/artifacts';
import type { StageLog } from '@simclr/stage';
import type { ProbeConfig } from './config.ts';
import { EVALUATED, type FeatureSource } from './feature-source.ts';
import { joinFeatures } from './join-features.ts';
import { evaluateKnn } from './knn-protocol.ts';
import { evaluateLinear } from './linear-protocol.ts';
import { stopwatch } from './stopwatch.ts';

export interface Evaluation {
  rows: ResultRow[];
  /** Of each row, in the rows' order. */
  predictions: Prediction[];
  /** What they are to be compared with. */
  tested: Predictions['tests'][number];
  /** Features of the pretrained encoder. */
  train: FeatureSet;
  test: FeatureSet;
}

export interface EvaluateOptions {
  config: ProbeConfig;
  seed: number;
  log: StageLog;
  /** Ends the evaluation, with the signal's reason, between fits. */
  signal?: AbortSignal | undefined;
}

/** Linear evaluation and kNN of one dataset, of every kind of features that there is; all labels and some. */
export async function evaluateFeatures(
  source: Pick<FeatureSource, 'dataset' | 'classes' | 'splits' | 'getting' | 'kinds'>,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { config, seed, log, signal } = options;
  const { dataset, getting } = source;
  const classes = source.classes.length;
  const rows: ResultRow[] = [];
  const predictions: Prediction[] = [];
  const seconds = stopwatch([getting, 'probe', 'knn']);
  let evaluated: { train: FeatureSet; test: FeatureSet } | undefined;

  for await (const { kind, ...sets } of source.kinds()) {
    seconds.take(getting);
    if (kind === EVALUATED) evaluated = sets;
    const labelled = joinFeatures(sets);
    const probes = await evaluateLinear(dataset, kind, labelled, { config, classes, seed, log, signal });
    seconds.take('probe');
    const knn = evaluateKnn(dataset, kind, labelled, config.knn, classes);
    seconds.take('knn');
    for (const { row, prediction } of [...probes, knn]) {
      rows.push(row);
      predictions.push(prediction);
    }
  }
  const { taken } = seconds;
  const of = (part: keyof typeof taken) => `${taken[part]!.toFixed(1)} s`;
  log.info(`${dataset}: features ${of(getting)}, kNN ${of('knn')}, probes ${of('probe')}`);
  // Metrics of the run, not of the results: they are others each time.
  log.metrics(Object.fromEntries(Object.entries(taken).map(([part, took]) => [`seconds/${dataset}/${part}`, took])));
  const { train, test } = evaluated!;
  const tested = {
    dataset,
    digest: source.splits.test.digest,
    metric: 'top-1' as const,
    classes: source.classes,
    labels: Array.from(test.labels),
  };
  return { rows, predictions, tested, train, test };
}
