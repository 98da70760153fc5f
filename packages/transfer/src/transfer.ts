import { join } from 'node:path';
import { type EvaluationImages, evaluationImages } from '@simclr/augment';
import {
  type EncoderInfo,
  evaluateDataset,
  openEncoder,
  preprocessingOf,
  type ResultRow,
  summaryMetrics,
  tellRows,
} from '@simclr/linear-eval';
import { requireColour } from '@simclr/linear-eval/input-shape';
import { closeEncoded, type Encoded, loadInput, type Pixels } from '@simclr/shards';
import { inputFolder, type StageContext, type StageResult, writeJson } from '@simclr/stage';
import { availableCores, logMachine } from '@simclr/tensorflow';
import type { TransferConfig } from './config.ts';
import { fitImages } from './fit-images.ts';

/** Linear evaluation on other datasets than the encoder was pretrained on. */
export async function transfer(context: StageContext<TransferConfig>): Promise<StageResult> {
  const { config, inputs, out, log, seed, signal } = context;
  const encoder = await openEncoder(inputFolder(inputs, 'pretrain'));
  logMachine(log);
  const ingest = inputFolder(inputs, 'ingest');
  const rows: ResultRow[] = [];
  const predictions: Record<string, number[][]> = {};
  let metrics: Record<string, number> = {};
  for (const name of config.datasets) {
    const splits = (['train', 'test'] as const).map((split) => loadInput(ingest, name, split, log));
    const [train, test] = splits.map((images) => fit(name, images, encoder.info));
    const evaluation = await evaluateDataset({ name, train: train!, test: test!, encoder, config, seed, log, signal });
    for (const images of splits) if (!images.shape) closeEncoded(images);
    tellRows(evaluation.rows, log);
    rows.push(...evaluation.rows);
    predictions[name] = evaluation.predictions.map((row) => Array.from(row));
    metrics = { ...metrics, ...summaryMetrics(evaluation, name) };
  }
  encoder.graph.dispose();
  log.metrics(metrics);
  writeJson(join(out, 'predictions.json'), predictions);
  writeJson(join(out, 'results.json'), { rows });
  return { metrics };
}

/** Raw images are resized as a whole; of others the largest square in the middle is, as in section B.8. */
function fit(name: string, images: Pixels | Encoded, info: EncoderInfo): EvaluationImages {
  if (images.shape) return fitImages(images, info.inputShape);
  requireColour(name, info.inputShape);
  return evaluationImages(images, preprocessingOf(info, 1), availableCores());
}
