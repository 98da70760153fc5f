import { fileURLToPath } from 'node:url';
import { buildOps, launchCommand, runRanks } from '@simclr/collective';
import type { StageContext, StageResult } from '@simclr/stage';
import { availableCores } from '@simclr/tensorflow/cpu';
import type { PretrainConfig } from './config.ts';
import type { RankInput } from './rank.ts';
import { receiveLog } from './rank-log.ts';
import { requireRanks } from './step-args.ts';

/**
 * Pretrains by so many ranks, which MPI starts, and logs what the first of them says. This process does nothing else.
 *
 * @throws UserError one line where there is no MPI or the config is none for ranks; Error that names a rank which died
 */
export async function pretrainOverRanks(
  { log, signal, ...context }: StageContext<PretrainConfig>,
  ranks: number,
): Promise<StageResult> {
  requireRanks(context.config, ranks);
  const launch = launchCommand(ranks, availableCores());
  buildOps();
  log.info(`starts ${ranks} ranks of ${launch.coresEach} cores: ${[launch.command, ...launch.args].join(' ')}`);
  const { onSaid, close } = receiveLog(log);
  const input: RankInput = { ...context, ranks };
  try {
    const module = fileURLToPath(new URL('rank.ts', import.meta.url));
    return (await runRanks({ ranks, module, input, onSaid, signal, launch })) as StageResult;
  } finally {
    close();
  }
}
