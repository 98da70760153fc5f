// A rank that does what it is told, and gathers what all ranks have then.
import { rankMain } from '../job/rank-main.ts';
import { type Case, valuesOf } from './case.ts';

interface Input {
  ranks: number;
  cases: Case[];
}

await rankMain(
  (input) => (input as Input).ranks,
  async ({ ranks, input }) => {
    const results: number[][] = [];
    for (const each of (input as Input).cases) {
      const values = valuesOf(each, ranks.rank);
      if (each.operation === 'allReduce') await ranks.allReduce(values);
      if (each.operation === 'broadcast') await ranks.broadcast(values, each.root % ranks.size);
      if (each.operation === 'barrier') await ranks.barrier();
      results.push([...(await ranks.allGather(values))]);
    }
    return results;
  },
);
