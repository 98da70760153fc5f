import { evaluateInputs, summaryMetrics, tellFlags, writeEvaluations } from '@simclr/evaluation';
import type { StageContext, StageResult } from '@simclr/stage';
import { datasetChoices, type TransferConfig } from './config.ts';

/** Linear evaluation on other datasets than the encoder was pretrained on. */
export async function transfer(context: StageContext<TransferConfig>): Promise<StageResult> {
  const { config, out, log } = context;
  const found = await evaluateInputs(context, {
    datasets: (given) => datasetChoices(given, config).map((choose) => choose()),
  });
  const flags = found.flatMap(({ evaluation }) => evaluation.flags);
  const metrics: Record<string, number> = Object.assign(
    {},
    ...found.map(({ dataset, evaluation }) => summaryMetrics(evaluation.rows, dataset)),
    tellFlags(flags, log),
  );
  log.metrics(metrics);
  writeEvaluations(
    out,
    found.map(({ evaluation }) => evaluation),
  );
  return { metrics };
}
