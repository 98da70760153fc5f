/**
 * Ranks: processes on one or many machines that compute one thing together, through the MPI that is there. `runRanks`
 * starts them, `rankMain` is what each of them runs, and `connectTensorFlow` lets compiled graphs reduce over them.
 *
 * {@link ../example.ts} runs.
 */
export { solo } from './collective.ts';
export { launchCommand } from './job/launch-command.ts';
export { rankMain } from './job/rank-main.ts';
export { runRanks } from './job/run-ranks.ts';
export { buildOps, connectTensorFlow } from './tensorflow/connect.ts';
