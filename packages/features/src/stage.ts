/**
 * The stage `features`: of an encoder and a dataset the features of every image, once for all protocols that evaluate the
 * encoder on it. {@link ../example.ts} plans one.
 */
import { passOnMissing } from '@simclr/artifacts';
import { defineStage } from '@simclr/stage';
import { FeaturesConfig } from './config.ts';

/** Features of one dataset's images, for every protocol that evaluates the encoder on it. */
export default defineStage({
  name: 'features',
  config: FeaturesConfig,
  async run(context) {
    if (passOnMissing(context)) return { metrics: {} };
    return (await import('./features.ts')).features(context);
  },
});
