import { type EncoderInfo, resizeName } from '@simclr/artifacts';
import {
  type Evaluation,
  evaluateDataset,
  imagePolicy,
  openEncoder,
  summaryMetrics,
  tellRows,
  writeEvaluations,
} from '@simclr/linear-eval';
import { requireColour } from '@simclr/linear-eval/input-shape';
import { closeEncoded, type Encoded, loadInput, type Pixels } from '@simclr/shards';
import { inputFolder, type StageContext, type StageResult } from '@simclr/stage';
import { availableCores, logMachine } from '@simclr/tensorflow';
import { type EvaluationImages, evaluationImages } from '@simclr/views';
import type { TransferConfig } from './config.ts';
import { fitImages } from './fit-images.ts';

/** Linear evaluation on other datasets than the encoder was pretrained on. */
export async function transfer(context: StageContext<TransferConfig>): Promise<StageResult> {
  const { config, inputs, out, log, seed, signal } = context;
  const encoder = await openEncoder(inputFolder(inputs, 'pretrain'));
  logMachine(log);
  const ingest = inputFolder(inputs, 'ingest');
  const evaluations: Evaluation[] = [];
  let metrics: Record<string, number> = {};
  for (const name of config.datasets) {
    const splits = (['train', 'test'] as const).map((split) => loadInput(ingest, name, split, log));
    const [train, test] = splits.map((images) => fit(name, images, encoder.info));
    const evaluation = await evaluateDataset({ name, train: train!, test: test!, encoder, config, seed, log, signal });
    for (const images of splits) if (!images.shape) closeEncoded(images);
    tellRows(evaluation.rows, log);
    evaluations.push(evaluation);
    metrics = { ...metrics, ...summaryMetrics(evaluation, name) };
  }
  encoder.graph.dispose();
  log.metrics(metrics);
  writeEvaluations(out, evaluations);
  return { metrics };
}

/** Raw images are resized as a whole, of others the middle, as `imagePolicy` says; both as the encoder wants it. */
function fit(name: string, images: Pixels | Encoded, info: EncoderInfo): EvaluationImages {
  if (images.shape) return fitImages(images, info.inputShape, resizeName(info.preprocessing));
  requireColour(name, info.inputShape);
  return evaluationImages(images, imagePolicy(info, name), availableCores());
}
