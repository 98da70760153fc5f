import { defineStage } from '@simclr/stage';
import { PretrainConfig } from './config.ts';

/** SimCLR pretraining (Algorithm 1). TensorFlow is loaded when the stage runs, not when its config is checked. */
export default defineStage({
  name: 'pretrain',
  config: PretrainConfig,
  run: async (context) => (await import('./pretrain.ts')).pretrain(context),
});
