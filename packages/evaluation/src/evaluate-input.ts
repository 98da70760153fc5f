import type { Encoder } from '@simclr/encoders';
import { closeEncoded, loadInput } from '@simclr/shards';
import type { StageLog } from '@simclr/stage';
import type { ProbeConfig } from './config.ts';
import { type Evaluation, evaluateDataset } from './evaluate-dataset.ts';
import { imagesFor } from './images.ts';
import { tellRows } from './summary.ts';

export interface EvaluateInputOptions {
  /** Folder of the stage `ingest`. */
  ingest: string;
  encoder: Encoder;
  config: ProbeConfig;
  seed: number;
  log: StageLog;
  signal: AbortSignal;
  /** Looks at the images' shape, null of files, before anything is computed. */
  check?: (shape: readonly [number, number, number] | null) => void;
}

/** Evaluates the encoder on a dataset of the stage `ingest`, by its name, and says the accuracies. */
export async function evaluateInput(name: string, options: EvaluateInputOptions): Promise<Evaluation> {
  const { ingest, encoder, log, check } = options;
  const splits = (['train', 'test'] as const).map((split) => loadInput(ingest, name, split, log));
  check?.(splits[0]!.shape);
  const [train, test] = splits.map((images) => imagesFor(encoder, name, images));
  const evaluation = await evaluateDataset({ ...options, name, train: train!, test: test! });
  for (const images of splits) if (!images.shape) closeEncoded(images);
  tellRows(evaluation.rows, log);
  return evaluation;
}
