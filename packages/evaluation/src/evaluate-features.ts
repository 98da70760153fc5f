import type { FeatureSet, KnnRow, ResultRow } from '@simclr/artifacts';
import type { StageLog } from '@simclr/stage';
import type { ProbeConfig } from './config.ts';
import { EVALUATED } from './feature-kinds.ts';
import type { FeatureSource } from './feature-source.ts';
import { joinFeatures } from './join-features.ts';
import { evaluateKnn } from './knn-protocol.ts';
import { evaluateLinear } from './linear-protocol.ts';
import { DEFAULT_METRIC, METRICS, type MetricName } from './metrics.ts';
import { stopwatch } from './stopwatch.ts';

export interface Evaluation {
  rows: ResultRow[];
  /** Features of the pretrained encoder. */
  train: FeatureSet;
  test: FeatureSet;
  /** Predicted test classes of each row, in the rows' order, for significance tests. */
  predictions: Int32Array[];
  knn: KnnRow[];
}

export interface EvaluateOptions {
  config: ProbeConfig;
  /** What test rows are scored by. */
  metric?: MetricName;
  seed: number;
  log: StageLog;
  /** Ends the evaluation, with the signal's reason, between fits. */
  signal?: AbortSignal | undefined;
}

/** Linear evaluation and kNN of one dataset, of every kind of features that there is; all labels and some. */
export async function evaluateFeatures(
  source: Pick<FeatureSource, 'dataset' | 'classes' | 'getting' | 'kinds'>,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { config, seed, log, signal } = options;
  const { dataset, getting } = source;
  const metric = METRICS[options.metric ?? DEFAULT_METRIC];
  const classes = source.classes.length;
  const rows: ResultRow[] = [];
  const predictions: Int32Array[] = [];
  const knn: KnnRow[] = [];
  const seconds = stopwatch([getting, 'probe', 'knn']);
  let evaluated: { train: FeatureSet; test: FeatureSet } | undefined;

  for await (const { kind, ...sets } of source.kinds()) {
    seconds.take(getting);
    if (kind === EVALUATED) evaluated = sets;
    const labelled = joinFeatures(sets);
    knn.push(evaluateKnn(dataset, kind, labelled, config.knn, classes, metric));
    seconds.take('knn');
    const probes = await evaluateLinear(dataset, kind, labelled, { config, classes, metric, seed, log, signal });
    rows.push(...probes.rows);
    predictions.push(...probes.predictions);
    seconds.take('probe');
  }
  const { taken } = seconds;
  const of = (part: keyof typeof taken) => `${taken[part]!.toFixed(1)} s`;
  log.info(`${dataset}: features ${of(getting)}, kNN ${of('knn')}, probes ${of('probe')}`);
  // Metrics of the run, not of the results: they are others each time.
  log.metrics(Object.fromEntries(Object.entries(taken).map(([part, took]) => [`seconds/${dataset}/${part}`, took])));
  return { rows, predictions, knn, ...evaluated! };
}
