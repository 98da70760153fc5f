import { join } from 'node:path';
import { evaluateDataset, openEncoder, type ResultRow, summaryMetrics, tellRows } from '@simclr/linear-eval';
import { loadInput } from '@simclr/shards';
import { inputFolder, type StageContext, type StageResult, writeJson } from '@simclr/stage';
import { machineParams } from '@simclr/tensorflow';
import type { TransferConfig } from './config.ts';
import { fitImages } from './fit-images.ts';

/** Linear evaluation on other datasets than the encoder was pretrained on. */
export async function transfer({ config, inputs, out, log, seed }: StageContext<TransferConfig>): Promise<StageResult> {
  const encoder = await openEncoder(inputFolder(inputs, 'pretrain'));
  log.params(machineParams());
  const ingest = inputFolder(inputs, 'ingest');
  const rows: ResultRow[] = [];
  const predictions: Record<string, number[][]> = {};
  let metrics: Record<string, number> = {};
  for (const name of config.datasets) {
    const [train, test] = (['train', 'test'] as const).map((split) =>
      fitImages(loadInput(ingest, name, split, log), encoder.info.inputShape),
    );
    const evaluation = evaluateDataset({ name, train: train!, test: test!, encoder, config, seed, log });
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
