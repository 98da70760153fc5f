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
  /** Each by itself, at the same time: the step of ranks, of which each sums with nobody. What it costs but for the exchange. */
  apart?: boolean;
}

await rankMain(
  (input) => (input as OurRankStep).ranks,
  async ({ ranks, input }) => {
    const { args, steps, apart = false } = input as OurRankStep;
    const { rank } = ranks;
    const size = apart ? 1 : ranks.size;
    connectTensorFlow({ library: apart ? ofOneEach(ranks.library) : ranks.library, size });
    const together = ranks.size > 1;
    const whole: TrainStepArgs = { ...args, batch: args.batch * size, ...(together ? { ranks: size } : {}) };
    if (rank > 0) await ranks.barrier();
    const step = await compile({ module: definitions, export: 'trainStep', args: whole });
    if (rank === 0) await ranks.barrier();
    step.write(initTrainState(whole, 1));
    const views = feedBuffer(2 * args.batch * sizeOf(args.inputShape));
    for (let i = 0; i < views.length; i++) views[i] = (((i + rank * 7919) * 2_654_435_761) % 4096) / 4096;
    const inputs = {
      views,
      learningRate: Float32Array.of(0.03),
      ...(together ? { rank: Int32Array.of(apart ? 0 : rank) } : {}),
    };
    const seconds: number[] = [];
    for (let i = 0; i < steps + 2; i++) {
      await ranks.barrier();
      const started = performance.now();
      step.run(inputs);
      const own = Float32Array.of((performance.now() - started) / 1000);
      if (i >= 2) seconds.push(Math.max(...(await ranks.allGather(own))));
    }
    return { seconds, rssMB: peakMB(), shapes: shapesOf(step.info.state) };
  },
);

type Library = Parameters<typeof connectTensorFlow>[0]['library'];

/** Collectives of a rank with itself. */
function ofOneEach(library: Library): Library {
  // MPI_COMM_SELF, of the standard ABI a constant.
  const self = library.abi === 'Open MPI' ? library.file.symbol('ompi_mpi_comm_self') : 0x102n;
  return { ...library, handle: { ...library.handle, world: self } };
}

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
