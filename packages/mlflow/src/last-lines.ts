/** The tag of a run that failed: why. */
export const ERROR_TAG = 'error';
const MAX_LINES = 12;
const MAX_LENGTH = 2000;

/** What an error says, for the tag of the run that it ended: its message, where it was thrown, and its causes. */
export function lastLines(error: unknown): string {
  const { stack, cause } = error instanceof Error ? error : { stack: undefined, cause: undefined };
  const own = (stack ?? String(error)).split('\n').slice(0, MAX_LINES);
  const lines = cause === undefined ? own : [...own, `caused by ${lastLines(cause)}`];
  return lines.join('\n').slice(0, MAX_LENGTH);
}
