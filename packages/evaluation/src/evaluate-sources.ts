import type { StageContext } from '@simclr/stage';
import { logMachine } from '@simclr/tensorflow';
import type { ProbeConfig } from './config.ts';
import { type Evaluation, evaluateFeatures } from './evaluate-features.ts';
import type { FeatureSource } from './feature-source.ts';
import { tellRows } from './summary.ts';
import { logTrials } from './tracking/log-trials.ts';

/** Evaluates features, dataset by dataset, and says the accuracies. */
export async function evaluateSources(
  sources: AsyncIterable<FeatureSource>,
  context: StageContext<ProbeConfig>,
): Promise<{ dataset: string; evaluation: Evaluation }[]> {
  const { log } = context;
  const evaluations: { dataset: string; evaluation: Evaluation }[] = [];
  logMachine(log);
  for await (const source of sources) {
    log.params({ 'encoder.hash': source.encoder.digest, 'encoder.parameters': source.encoder.parameters });
    const evaluation = await evaluateFeatures(source, context);
    tellRows(evaluation.rows, log);
    await logTrials(evaluation.rows, { tests: [evaluation.tested], predictions: evaluation.predictions }, log);
    evaluations.push({ dataset: source.dataset, evaluation });
  }
  return evaluations;
}
