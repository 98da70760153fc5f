import { UserError } from '@simclr/stage';
import { launchCommand } from '../job/launch-command.ts';
import { runRanks } from '../job/run-ranks.ts';
import { loadMpi } from '../mpi/library.ts';

/** Why tests of several ranks cannot run here, or undefined where they can. Said in a line. */
export function whyNoRanks(): string | undefined {
  try {
    loadMpi();
    launchCommand(1, 1);
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.log(`skipped, ranks: ${error.message}`);
    return error.message;
  }
}

/** Runs a module as ranks that share two cores with whatever else runs. */
export const runForTest = (
  ranks: number,
  module: URL,
  input: object,
  said: unknown[] = [],
  signal = new AbortController().signal,
) => {
  // Others may need the core that a waiting rank would spin on.
  process.env.OMPI_MCA_mpi_yield_when_idle = '1';
  return runRanks({
    ranks,
    module: module.pathname,
    input: { ...input, ranks },
    onSaid: (value) => said.push(value),
    signal,
    launch: launchCommand(ranks, 1),
  });
};
