// A rank of a train step: its share of a batch that all ranks make alike.
import { createHash } from 'node:crypto';
import { connectTensorFlow, rankMain } from '@simclr/collective';
import { addressed } from '@simclr/stage';
import { compile } from '@simclr/tensorflow';
import { definitions, initTrainState, type TrainStepArgs } from '../definitions.ts';
import { batchOf } from './rank-batch.ts';

interface Input {
  ranks: number;
  args: TrainStepArgs;
  rate: number;
}

await rankMain(
  (input) => (input as Input).ranks,
  async ({ ranks, input }) => {
    const { args, rate } = input as Input;
    connectTensorFlow(ranks);
    const whole = { ...args, ranks: ranks.size };
    // One trace for all: the others find it in the cache.
    if (ranks.rank > 0) await ranks.barrier();
    const step = await compile({ module: definitions, export: 'trainStep', args: whole });
    if (ranks.rank === 0) await ranks.barrier();
    step.write(initTrainState(whole, 1));
    const { views, labels } = batchOf(args, addressed, { rank: ranks.rank, ranks: ranks.size });
    const outputs = step.run({
      views,
      ...(args.probe ? { labels } : {}),
      rank: Int32Array.of(ranks.rank),
      learningRate: Float32Array.of(rate),
    });
    const state = step.read();
    const digest = createHash('sha256');
    for (const { data } of [...Object.values(state), ...Object.values(outputs)]) digest.update(data);
    const all = await ranks.allGather(new Int32Array(new Uint8Array(digest.digest()).buffer));
    const plain = (tree: typeof state) => Object.fromEntries(Object.entries(tree).map(([name, { data }]) => [name, [...data]]));
    return { outputs: plain(outputs), state: plain(state), digests: [...all] };
  },
);
