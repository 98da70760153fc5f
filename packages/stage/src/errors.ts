/**
 * A mistake of the user's (a bad config, a missing archive), told in one line: lower case, `thing: value`, what was
 * allowed, the next command; several mistakes in a line each. Commands print the message alone, without a stack, and
 * exit 1.
 */
export class UserError extends Error {
  override name = 'UserError';
}

/** Makes every check, and throws one UserError of all that failed: who corrects a config wants to know of all mistakes. */
export function checkAll(checks: Iterable<() => unknown>): void {
  const said = new Set<string>();
  for (const check of checks) {
    try {
      check();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      said.add(error.message);
    }
  }
  if (said.size) throw new UserError([...said].join('\n'));
}

/** Thrown by a stage that was told to stop and has written its checkpoint. The command exits 75: "resume me". */
export class Interrupted extends Error {
  override name = 'Interrupted';
  constructor(message = 'interrupted: run again to resume') {
    super(message);
  }
}
