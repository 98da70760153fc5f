import { featuresPath, passOnMissing, writeFeatures } from '@simclr/artifacts';
import { requireShape } from '@simclr/evaluation/input-shape';
import { chooseEvaluated } from '@simclr/evaluation/wiring';
import { defineStage } from '@simclr/stage';
import { DATASET_KEY, LinearEvalConfig } from '../config.ts';

/**
 * Linear evaluation of an encoder and a dataset of its own input shape, or of files of any size. The features are extracted
 * here, and written too.
 */
export default defineStage({
  name: 'linear-eval',
  config: LinearEvalConfig,
  async run(context) {
    if (passOnMissing(context)) return { metrics: {} };
    const { extractedFeatures } = await import('@simclr/evaluation/in-place');
    const { linearEval } = await import('../linear-eval.ts');
    const { config, out } = context;
    const sources = extractedFeatures(context, {
      datasets: (given, encoder) => [chooseEvaluated(given, config.dataset, encoder, DATASET_KEY)],
      check: (dataset, shape, encoder) => requireShape(dataset, shape, encoder.inputShape),
    });
    const { metrics, train, test } = await linearEval(context, sources);
    await writeFeatures(featuresPath(out, 'pretrained', 'train'), train);
    await writeFeatures(featuresPath(out, 'pretrained', 'test'), test);
    return { metrics };
  },
});
