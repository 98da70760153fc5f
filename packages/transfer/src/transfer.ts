import { evaluateSources, type FeatureSource, summaryMetrics, tellFlags, writeEvaluations } from '@simclr/evaluation';
import { requireUsed } from '@simclr/evaluation/require-used';
import type { StageContext, StageResult } from '@simclr/stage';
import type { TransferConfig } from './config.ts';

/** Linear evaluation on other datasets than the encoder was pretrained on. */
export async function transfer(
  context: StageContext<TransferConfig>,
  sources: AsyncIterable<FeatureSource>,
): Promise<StageResult> {
  const { config, out, log } = context;
  requireUsed(config, 'transfer'); // DVC by hand asks for no plan.
  const found = await evaluateSources(sources, context);
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
