// A rank of a train step that has as many pairs for each rank, whatever their number. Its result is Measured.
import { connectTensorFlow, rankMain } from '@simclr/collective';
import { definitions, initTrainState, type TrainStepArgs } from '@simclr/nn';
import { compile, feedBuffer, sizeOf } from '@simclr/tensorflow';
import { peakMB } from './peak-memory.ts';

export interface OurRankStep {
  ranks: number;
  /** Of one rank. */
  args: TrainStepArgs;
  steps: number;
}

await rankMain(
  (input) => (input as OurRankStep).ranks,
  async ({ ranks, input }) => {
    const { args, steps } = input as OurRankStep;
    connectTensorFlow(ranks);
    const { size, rank } = ranks;
    const whole: TrainStepArgs = { ...args, batch: args.batch * size, ...(size > 1 ? { ranks: size } : {}) };
    if (rank > 0) await ranks.barrier();
    const step = await compile({ module: definitions, export: 'trainStep', args: whole });
    if (rank === 0) await ranks.barrier();
    step.write(initTrainState(whole, 1));
    const views = feedBuffer(2 * args.batch * sizeOf(args.inputShape));
    for (let i = 0; i < views.length; i++) views[i] = (((i + rank * 7919) * 2_654_435_761) % 4096) / 4096;
    const inputs = {
      views,
      learningRate: Float32Array.of(0.03),
      ...(size > 1 ? { rank: Int32Array.of(rank) } : {}),
    };
    const seconds: number[] = [];
    for (let i = 0; i < steps + 2; i++) {
      await ranks.barrier();
      const started = performance.now();
      step.run(inputs);
      if (i >= 2) seconds.push((performance.now() - started) / 1000);
    }
    return { seconds, rssMB: peakMB(), shapes: shapesOf(step.info.state) };
  },
);

/** Of what the ranks exchange: trained numbers, and the channels of each batch norm. */
function shapesOf(state: Record<string, { shape: readonly (number | null)[] }>) {
  const sizes = (names: string[]) => names.map((name) => sizeOf(state[name]!.shape as number[]));
  const names = Object.keys(state);
  const trained = names.filter((name) => !/\/(Momentum|moving_mean|moving_variance)$/.test(name));
  return {
    parameters: sizes(trained).reduce((sum, size) => sum + size, 0),
    channels: sizes(names.filter((name) => name.endsWith('/moving_mean'))),
  };
}
