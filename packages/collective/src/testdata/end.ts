// Ranks that wait for each other for ever, but for one that ends in some way.
import { UserError } from '@simclr/stage';
import { rankMain } from '../job/rank-main.ts';

await rankMain(
  (input) => (input as { ranks: number }).ranks,
  async ({ ranks, input, say, signal }) => {
    const { how } = input as { how: string };
    for (let i = 0; ; i++) {
      if (i === 3) say('under way');
      if (ranks.rank === 1 && i === 20) {
        if (how === 'kill') process.kill(process.pid, 'SIGKILL');
        if (how === 'exit') process.exit(0);
        if (how === 'code') process.exit(5);
        if (how === 'error') throw new Error('boom');
        if (how === 'mistake') throw new UserError('invalid thing: 3. allowed: 4');
      }
      const stop = Int32Array.of(signal.aborted ? 1 : 0);
      await ranks.allReduce(stop);
      if (stop[0]! > 0) return `stopped on ${ranks.size}`;
    }
  },
);
