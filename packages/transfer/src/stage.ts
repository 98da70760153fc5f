/**
 * The stage `transfer`: of features of datasets that the encoder was not pretrained on, what a logistic regression and kNN
 * make of them. `in-place/stage.ts` is the same of an encoder and datasets. {@link ../example.ts} plans that.
 */
import { passOnMissing } from '@simclr/artifacts';
import { refuseExtraction } from '@simclr/evaluation/wiring';
import { defineStage } from '@simclr/stage';
import { EXTRACTION, TransferConfig } from './config.ts';

/** Transfer by linear evaluation to other datasets (section 6.3, B.8). */
export default defineStage({
  name: 'transfer',
  config: TransferConfig,
  async run(context) {
    refuseExtraction(context.config, EXTRACTION); // DVC by hand asks for no plan.
    if (passOnMissing(context)) return { metrics: {} };
    const { givenFeatures } = await import('@simclr/evaluation');
    const { transfer } = await import('./transfer.ts');
    return transfer(context, givenFeatures(context));
  },
});
