// What each rank of a pretraining runs.
import { connectTensorFlow, rankMain } from '@simclr/collective';
import type { StageContext } from '@simclr/stage';
import type { PretrainConfig } from './config.ts';
import { limitThreads } from './limit-threads.ts';
import { sendLog } from './rank-log.ts';

/** What of its context the stage gives to its ranks, which see the same files. */
export interface RankInput extends Omit<StageContext<PretrainConfig>, 'log' | 'signal'> {
  ranks: number;
}

await rankMain(
  (input) => (input as RankInput).ranks,
  async ({ ranks, input, say, signal }) => {
    const context = input as RankInput;
    limitThreads(context, ranks.size);
    const { pretrain } = await import('./pretrain.ts');
    connectTensorFlow(ranks);
    return pretrain({ ...context, log: sendLog(say), signal }, ranks);
  },
);
