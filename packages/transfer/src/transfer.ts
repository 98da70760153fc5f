import { openEncoder } from '@simclr/encoders';
import { type Evaluation, evaluateInput, summaryMetrics, writeEvaluations } from '@simclr/evaluation';
import { inputFolder, type StageContext, type StageResult } from '@simclr/stage';
import { logMachine } from '@simclr/tensorflow';
import type { TransferConfig } from './config.ts';

/** Linear evaluation on other datasets than the encoder was pretrained on. */
export async function transfer(context: StageContext<TransferConfig>): Promise<StageResult> {
  const { config, inputs, out, log } = context;
  const encoder = await openEncoder(inputFolder(inputs, 'pretrain'));
  logMachine(log);
  const options = { ...context, encoder, ingest: inputFolder(inputs, 'ingest') };
  const evaluations: Evaluation[] = [];
  let metrics: Record<string, number> = {};
  for (const name of config.datasets) {
    const evaluation = await evaluateInput(name, options);
    evaluations.push(evaluation);
    metrics = { ...metrics, ...summaryMetrics(evaluation, name) };
  }
  encoder.dispose();
  log.metrics(metrics);
  writeEvaluations(out, evaluations);
  return { metrics };
}
