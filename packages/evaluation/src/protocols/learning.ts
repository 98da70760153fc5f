import type { DatasetMetric, FeatureSet, ResultRow, RowKey } from '@simclr/artifacts';
import type { StageLog } from '@simclr/stage';
import type { ProbeConfig } from '../config.ts';
import type { Said } from '../judge-scores.ts';

/** Rows that a protocol learns from and chooses by. Test rows are not among them, and it is given no others. */
export interface Learning {
  dataset: string;
  /** Rows of the training split, and after them those of an official validation split. */
  train: FeatureSet;
  /** Which of them are of that split; undefined where there is none. */
  validation: Uint32Array | undefined;
  classes: number;
  /** What is chosen by. */
  metric: DatasetMetric;
}

export interface LearnOptions {
  config: ProbeConfig;
  seed: number;
  log: StageLog;
  /** Ends it, with the signal's reason, after a fit or a part of one that takes long. */
  signal?: AbortSignal | undefined;
  /** Called while a classifier is made, every second or so. */
  tick?: (() => void) | undefined;
}

type Scores = Float32Array | Float64Array;

/** A classifier that a protocol made. */
export interface Learned {
  key: Pick<RowKey, 'protocol' | 'labelFraction' | 'shots' | 'draw'>;
  made: Pick<ResultRow, 'trainRows' | 'choice'> & Partial<ResultRow>;
  /** Rows of `train` that were drawn, where not all were learned from. */
  drawn?: Uint32Array;
  /** Scores of rows, [n, classes], more is more likely. @param features [n, d] */
  scores(features: Float32Array): Scores | Promise<Scores>;
  /** What scores are: only these become probabilities. */
  scale: Said['scale'];
}

/** A classifier that cannot be made, and why, in a few words. */
export interface LeftOut {
  key: Learned['key'];
  leftOut: string;
}

/** A protocol: what it learns, classifier by classifier. */
export type Protocol = (learning: Learning, options: LearnOptions) => AsyncIterable<Learned | LeftOut>;
