// A rank that sums arrays with the others, and copies as many bytes alone. Its result is Measured.
import { rankMain } from '@simclr/collective';
import { peakMB } from './peak-memory.ts';

export interface OurAllReduce {
  ranks: number;
  /** Float32 numbers. */
  counts: number[];
  calls: number;
}

await rankMain(
  (input) => (input as OurAllReduce).ranks,
  async ({ ranks, input }) => {
    const { counts, calls } = input as OurAllReduce;
    const time = async (call: () => unknown) => {
      const seconds: number[] = [];
      for (let i = 0; i < calls + 3; i++) {
        await ranks.barrier();
        const started = performance.now();
        await call();
        if (i >= 3) seconds.push((performance.now() - started) / 1000);
      }
      return seconds;
    };
    const { call, handle, inPlace } = ranks.library;
    const [reduce, direct, copy]: number[][][] = [[], [], []];
    for (const count of counts) {
      const values = new Float32Array(count).fill(1 / 3);
      const target = new Float32Array(count);
      reduce!.push(await time(() => ranks.allReduce(values)));
      // As an op of a compiled step does, in its own thread.
      direct!.push(
        await time(() => call.MPI_Allreduce(inPlace, values, count, handle.float32, handle.sum, handle.world)),
      );
      copy!.push(await time(() => target.set(values)));
    }
    return { seconds: reduce!.at(-1), rssMB: peakMB(), reduce, direct, copy };
  },
);
