import { FEATURE_KINDS, type FeatureSet, type KnnRow, type ResultRow } from '@simclr/artifacts';
import type { Encoder } from '@simclr/encoders';
import type { StageLog } from '@simclr/stage';
import type { EvaluationImages } from '@simclr/views';
import type { ProbeConfig } from './config.ts';
import { EVALUATED, EXTRACTORS, type FeatureContext } from './feature-kinds.ts';
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

export interface EvaluateOptions extends FeatureContext {
  config: ProbeConfig;
  /** What test rows are scored by. */
  metric?: MetricName;
  /** Ends the evaluation, with the signal's reason, between batches and between fits. */
  signal?: AbortSignal;
}

/**
 * Linear evaluation and kNN of one dataset: pretrained features, the same network untrained, raw pixels where they are
 * few enough; all labels and some.
 */
export async function evaluateDataset(options: EvaluateOptions): Promise<Evaluation> {
  const { name, train, test, encoder, config, seed, log, signal } = options;
  const metric = METRICS[options.metric ?? DEFAULT_METRIC];
  const classes = train.classes.length;
  const wanted = FEATURE_KINDS.filter((kind) => kind === EVALUATED || config.baselines);
  const kinds = wanted.flatMap((kind) => {
    const extract = EXTRACTORS[kind](options);
    return extract ? [{ kind, extract }] : [];
  });
  const images = train.rows + test.rows;
  const progress = log.progress(kinds.length * images, 'images');
  const rows: ResultRow[] = [];
  const predictions: Int32Array[] = [];
  const knn: KnnRow[] = [];
  const seconds = stopwatch();
  let evaluated: { train: FeatureSet; test: FeatureSet } | undefined;

  for (const [i, { kind, extract }] of kinds.entries()) {
    const features = (split: EvaluationImages, from: number) =>
      extract(split, (done) => {
        signal?.throwIfAborted();
        progress.update(i * images + from + done, `${name} ${kind}`);
      });
    const sets = { train: await features(train, 0), test: await features(test, train.rows) };
    seconds.take('extraction');
    if (kind === EVALUATED) {
      assertUnchanged(encoder);
      evaluated = sets;
    }
    knn.push(evaluateKnn(name, kind, sets, config.knn, classes, metric));
    seconds.take('knn');
    const probes = await evaluateLinear(name, kind, sets, { config, classes, metric, seed, log, signal });
    rows.push(...probes.rows);
    predictions.push(...probes.predictions);
    seconds.take('probe');
  }
  progress.stop();
  tellSeconds(name, seconds.taken, log);
  return { rows, predictions, knn, ...evaluated! };
}

/** A metric of the run, not of the results: it is another each time. */
function tellSeconds(name: string, taken: Record<'extraction' | 'probe' | 'knn', number>, log: StageLog): void {
  const of = (seconds: number) => `${seconds.toFixed(1)} s`;
  log.info(`${name}: features ${of(taken.extraction)}, kNN ${of(taken.knn)}, probes ${of(taken.probe)}`);
  log.metrics(Object.fromEntries(Object.entries(taken).map(([part, seconds]) => [`seconds/${name}/${part}`, seconds])));
}

/** A linear evaluation that trained its encoder is none (a mistake that published results were made with). */
function assertUnchanged({ digest, currentDigest }: Encoder): void {
  const after = currentDigest();
  if (after !== digest) throw new Error(`encoder changed during evaluation: ${digest} became ${after}`);
}
