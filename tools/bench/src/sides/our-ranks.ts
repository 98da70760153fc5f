// Our side of scale: runs a module of this folder as ranks of a core each. Argument: OurRanks as JSON. Prints Measured.
import { join } from 'node:path';
import { buildOps, launchCommand, runRanks } from '@simclr/collective';

export interface OurRanks {
  module: 'our-all-reduce.ts' | 'our-rank-step.ts';
  ranks: number;
  [input: string]: unknown;
}

const input = JSON.parse(process.argv[2]!) as OurRanks;
const { module, ranks } = input;
buildOps();
const measured = await runRanks({
  ranks,
  module: join(import.meta.dirname, module),
  input,
  onSaid() {},
  signal: new AbortController().signal,
  // As if the machine had no more: each is bound to a core of its own.
  launch: launchCommand(ranks, ranks, ranks),
});
console.log(JSON.stringify(measured));
