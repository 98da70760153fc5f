import { lastLines } from '@simclr/mlflow';
import { Interrupted, type StageLog, UserError } from '@simclr/stage';
import { nameConfig } from '../definition/config-file.ts';
import type { Pipeline } from '../definition/pipeline.ts';

/** What an error says, for the tag of the run that it ended. */
export const lastWords = (error: unknown, pipeline: Pipeline): string =>
  error instanceof UserError ? withNames(error.message, pipeline) : lastLines(error);

/** Says why a stage ended, on the console and in its log. */
export function tell(log: StageLog, error: unknown, stopped: boolean, pipeline: Pipeline): void {
  const { name, message, stack } = error as Error;
  const told = stopped && (name === 'Interrupted' || name === 'AbortError');
  if (error instanceof UserError) log.info(withNames(message, pipeline));
  else if (!told) log.info(`failed: ${stack ?? message}`);
  if (stopped) log.info(error instanceof Interrupted ? message : 'interrupted: run again to resume');
}

/** A stage does not know which pipeline it runs in: its messages leave the names of that, of a stage and of the config open. */
function withNames(message: string, pipeline: Pipeline): string {
  const [, stage] = /\/out\/([\w-]+)\//.exec(message) ?? [];
  return nameConfig(message, pipeline)
    .replaceAll('<pipeline>', pipeline.name)
    .replaceAll('<stage>', stage ?? '<stage>');
}
