import { rankCount } from '@simclr/collective/ranks';
import { defineStage } from '@simclr/stage';
import { PretrainConfig } from './config.ts';
import { limitThreads } from './limit-threads.ts';

/**
 * SimCLR pretraining (Algorithm 1), by this process, or by `RANKS` of them. TensorFlow is loaded when the stage runs, not
 * when its config is checked.
 */
export default defineStage({
  name: 'pretrain',
  config: PretrainConfig,
  async run(context) {
    const ranks = rankCount();
    if (ranks > 1) return (await import('./over-ranks.ts')).pretrainOverRanks(context, ranks);
    limitThreads(context);
    return (await import('./pretrain.ts')).pretrain(context);
  },
});
