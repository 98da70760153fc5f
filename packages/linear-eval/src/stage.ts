/**
 * The stage `linear-eval`: of features what a logistic regression and kNN make of them, with the nearest neighbours that the
 * report shows. `in-place/stage.ts` is the same of an encoder and its own dataset. {@link ../example.ts} plans that.
 */
import { passOnMissing } from '@simclr/artifacts';
import { refuseExtraction } from '@simclr/evaluation/wiring';
import { defineStage } from '@simclr/stage';
import { EXTRACTION, LinearEvalConfig } from './config.ts';

/** Linear evaluation (section B.8's protocol: frozen features, L2 logistic regression). */
export default defineStage({
  name: 'linear-eval',
  config: LinearEvalConfig,
  async run(context) {
    refuseExtraction(context.config, EXTRACTION); // DVC by hand asks for no plan.
    if (passOnMissing(context)) return { metrics: {} };
    const { givenFeatures } = await import('@simclr/evaluation');
    const { linearEval } = await import('./linear-eval.ts');
    const { metrics } = await linearEval(context, givenFeatures(context));
    return { metrics };
  },
});
