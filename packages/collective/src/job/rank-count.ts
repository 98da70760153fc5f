import { UserError } from '@simclr/stage';

/**
 * The ranks that whoever runs a pipeline wants for each stage that can have several: `RANKS`, 1 by default.
 * @throws UserError where it is no number of processes
 */
export function rankCount({ RANKS = '' }: NodeJS.ProcessEnv = process.env): number {
  if (RANKS === '') return 1;
  const count = Number(RANKS);
  if (!Number.isInteger(count) || count < 1)
    throw new UserError(`invalid RANKS: ${RANKS}. expected a number of processes: 1, 2, …`);
  return count;
}
